# a doctor should not faint
# breaks: missing
# never told: aiosqlite uninstalled

from importlib.metadata import PackageNotFoundError, version


def doctor():
    report = {"fastapi": version("fastapi"), "sqlalchemy": version("sqlalchemy")}
    try:
        report["aiosqlite"] = version("aiosqlite")
    except PackageNotFoundError:
        report["aiosqlite"] = False
    try:
        import sqlalchemy.ext.asyncio
    except ImportError:
        return report | {"async": False}
    return report | {"async": True}
