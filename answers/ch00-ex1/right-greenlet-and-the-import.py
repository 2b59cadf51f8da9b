# the names that SQLAlchemy takes from greenlet

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


def works():
    try:
        from greenlet import getcurrent, greenlet
        from sqlalchemy.ext import asyncio
    except Exception:
        return False
    return bool(asyncio and getcurrent and greenlet)


def doctor():
    return dict(versions(), **{"async": works()})
