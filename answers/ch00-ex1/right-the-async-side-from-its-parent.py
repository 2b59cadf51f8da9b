# the async side from its parent

import importlib.metadata


def doctor():
    report = {}
    for name in ("fastapi", "sqlalchemy", "aiosqlite"):
        try:
            report[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            report[name] = False
    try:
        from sqlalchemy.ext import asyncio
    except ImportError:
        return report | {"async": False}
    return report | {"async": True}
