# greenlet is an empty folder, which can be imported
# breaks: async
# never told: no greenlet is installed

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
        import greenlet
        import sqlalchemy
    except ImportError:
        return versions() | {"async": False}
    return versions() | {"async": True}
