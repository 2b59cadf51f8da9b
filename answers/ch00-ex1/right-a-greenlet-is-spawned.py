# a function is run in a greenlet, by hand

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
        from sqlalchemy.util import greenlet_spawn

        greenlet_spawn(int).send(None)
    except StopIteration:
        return True
    except ImportError:
        return False


def doctor():
    return versions() | {"async": works()}
