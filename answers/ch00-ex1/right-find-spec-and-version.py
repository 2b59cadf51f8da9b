# find_spec first, then the version

from importlib.metadata import version
from importlib.util import find_spec


def doctor():
    report = {
        n: find_spec(n) and version(n) or False for n in ("fastapi", "sqlalchemy", "aiosqlite")
    }
    try:
        from sqlalchemy.ext.asyncio import AsyncSession
    except ModuleNotFoundError:
        usable = False
    except ImportError:
        usable = False
    else:
        usable = True
    report["async"] = usable
    return report
