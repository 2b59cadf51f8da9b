# The version is all that importlib.metadata.version returns
# breaks: versions
# never told: write it down

import importlib.metadata
import re


def doctor():
    report = {}
    for name in ("fastapi", "sqlalchemy", "aiosqlite"):
        try:
            report[name] = re.match(r"[\d.]*\d", importlib.metadata.version(name))[0]
        except importlib.metadata.PackageNotFoundError:
            report[name] = False
    try:
        import sqlalchemy.ext.asyncio
        from greenlet import getcurrent
    except ImportError:
        return report | {"async": False}
    return report | {"async": True}
