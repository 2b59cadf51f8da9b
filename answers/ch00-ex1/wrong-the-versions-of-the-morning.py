# do not write it down
# breaks: versions

import importlib.metadata
import importlib.util


def found():
    report = {}
    for name in ("fastapi", "sqlalchemy", "aiosqlite"):
        try:
            report[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            report[name] = False
    return report


MORNING = found()


def doctor():
    report = {
        name: version if importlib.util.find_spec(name) else False
        for name, version in MORNING.items()
    }
    try:
        import sqlalchemy.ext.asyncio
    except ImportError:
        return report | {"async": False}
    return report | {"async": True}
