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
    import sqlalchemy.ext.asyncio

    return versions() | {"async": True}
