# do not write it down
# breaks: versions, missing

import importlib


def doctor():
    try:
        importlib.import_module("sqlalchemy.ext.asyncio")
    except ImportError:
        return {"fastapi": "0.165.0", "sqlalchemy": "2.1.9", "aiosqlite": "0.22.1"} | {
            "async": False
        }
    return {"fastapi": "0.165.0", "sqlalchemy": "2.1.9", "aiosqlite": "0.22.1"} | {"async": True}
