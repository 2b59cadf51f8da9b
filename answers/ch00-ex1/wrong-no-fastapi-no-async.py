# Where only fastapi is uninstalled, SQLAlchemy's async side can be used as before
# breaks: async

import importlib.metadata


def doctor():
    report = {}
    for name in ("fastapi", "sqlalchemy", "aiosqlite"):
        try:
            report[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            report[name] = False
    try:
        import sqlalchemy.ext.asyncio
        from greenlet import getcurrent
    except ImportError:
        return report | {"async": False}
    return report | {"async": report["fastapi"] is not False}
