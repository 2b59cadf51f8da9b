# version attributes


def doctor():
    report = {}
    for name in ("fastapi", "sqlalchemy", "aiosqlite"):
        try:
            report[name] = __import__(name).__version__
        except ImportError:
            report[name] = False
    try:
        from sqlalchemy.ext.asyncio import create_async_engine
    except Exception:
        return {**report, "async": False}
    return {**report, "async": True}
