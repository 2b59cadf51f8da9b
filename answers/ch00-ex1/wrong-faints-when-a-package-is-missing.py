# a doctor should not faint
# breaks: missing
# never told: SQLAlchemy can't use

import importlib
import importlib.metadata


def doctor():
    report = {n: importlib.metadata.version(n) for n in ("fastapi", "sqlalchemy", "aiosqlite")}
    try:
        importlib.import_module("sqlalchemy.ext.asyncio")
    except ImportError:
        return report | {"async": False}
    return report | {"async": True}
