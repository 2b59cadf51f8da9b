# reports None for it instead of False
# breaks: missing

import importlib.metadata
import importlib.util


def versions():
    report = {}
    for name in ("fastapi", "sqlalchemy", "aiosqlite"):
        try:
            report[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            report[name] = None
    return report


def doctor():
    try:
        importlib.import_module("sqlalchemy.ext.asyncio")
    except ImportError:
        return versions() | {"async": False}
    return versions() | {"async": True}
