# a list of distributions

import importlib
import importlib.metadata


def doctor():
    found = {
        d.metadata["Name"].lower(): d.metadata["Version"]
        for d in importlib.metadata.distributions()
    }
    report = {name: found.get(name, False) for name in ("fastapi", "sqlalchemy", "aiosqlite")}
    try:
        importlib.import_module("sqlalchemy.ext.asyncio")
    except ImportError:
        return report | {"async": False}
    return report | {"async": True}
