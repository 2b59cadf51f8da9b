# mostly it is an ImportError
# breaks: async
# never told: should not faint

import importlib.metadata
import importlib.util


def versions():
    report = {}
    for name in ("fastapi", "sqlalchemy", "aiosqlite"):
        try:
            report[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            report[name] = False
    return report


def doctor():
    try:
        import sqlalchemy.ext.asyncio
    except ModuleNotFoundError:
        return versions() | {"async": False}
    return versions() | {"async": True}
