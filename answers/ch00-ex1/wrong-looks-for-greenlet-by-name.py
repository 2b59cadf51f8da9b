# A package that can be found, or imported, can still be one
# breaks: async
# never told: no greenlet is installed

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
    return versions() | {"async": importlib.util.find_spec("greenlet") is not None}
