"""Environments that a doctor can be sent to, made of files and of Python's own machinery."""

import importlib
import importlib.metadata
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

ASYNC_SIDE = ("greenlet", "sqlalchemy.ext.asyncio")
# What SQLAlchemy 2.1 keeps of greenlet in its module `util.concurrency` once it has looked for it.
LOOKED_FOR = ("greenlet", "getcurrent", "_AsyncIoGreenlet", "_has_gr_context")
COMPILED_PART_GONE = "from ._greenlet import getcurrent, greenlet\n"


class _Finder:
    """One of Python's finders, in an environment of which something is missing or otherwise.

    It finds nothing of what is missing, so that Python itself raises ModuleNotFoundError, and
    `find_spec` gives None, as where it was never installed.
    """

    def __init__(self, finder: Any, missing: str, folder: Path) -> None:
        self.finder, self.missing, self.folder = finder, missing, folder

    def __getattr__(self, name: str) -> Any:
        return getattr(self.finder, name)

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> Any:
        """Look in the folder first, as if it stood at the beginning of sys.path."""
        if name.partition(".")[0] == self.missing:
            return None
        if path is None and (self.folder / name).is_dir():
            return PathFinder.find_spec(name, [str(self.folder)])
        return self.finder.find_spec(name, path, target)

    def find_distributions(self, *arguments: Any) -> Iterator[importlib.metadata.Distribution]:
        """Leave out the one that is missing, and read from the folder what lies there."""
        find = getattr(self.finder, "find_distributions", None)
        for distribution in find(*arguments) if find else ():
            name = _named(distribution)
            folder = self.folder / f"{name}.dist-info"
            if name != self.missing:
                yield (
                    importlib.metadata.PathDistribution(folder) if folder.exists() else distribution
                )


def _named(distribution: Any) -> Any:
    # From the name of its folder; to read the metadata of all that is installed takes long.
    return distribution._normalized_name


@contextmanager
def made_up(
    versions: Mapping[str, str] | None = None, missing: str = "", greenlet: str | None = None
) -> Iterator[None]:
    """Make this Python look like another environment, for as long as the block runs.

    `versions`: other versions of installed packages. `missing`: a package that is not installed.
    `greenlet`: the source of a greenlet to be there in place of the real one; an empty one is a
    folder without a file, as a removal that was interrupted leaves behind.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for package, version in (versions or {}).items():
            _write_metadata(folder, package, version)
        if greenlet is not None:
            (folder / "greenlet").mkdir()
            if greenlet:
                (folder / "greenlet" / "__init__.py").write_text(greenlet)
        another = greenlet is not None or missing == "greenlet"
        forgotten = ASYNC_SIDE if another else filter(None, (missing,))
        with _attributes(versions or {}), _greenlet_not_looked_for(another), _without(*forgotten):
            before = list(sys.meta_path)
            sys.meta_path[:] = [_Finder(finder, missing, folder) for finder in before]
            try:
                yield
            finally:
                sys.meta_path[:] = before


def _write_metadata(folder: Path, package: str, version: str) -> None:
    text = importlib.metadata.distribution(package).read_text("METADATA") or ""
    (folder / f"{package}.dist-info").mkdir()
    file = folder / f"{package}.dist-info" / "METADATA"
    file.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}", text, count=1), "utf-8")


@contextmanager
def _attributes(versions: Mapping[str, str]) -> Iterator[None]:
    """Let the modules say these versions too."""
    modules: dict[str, Any] = {name: importlib.import_module(name) for name in versions}
    before = {name: module.__version__ for name, module in modules.items()}
    try:
        for name, module in modules.items():
            module.__version__ = versions[name]
        yield
    finally:
        for name, module in modules.items():
            module.__version__ = before[name]


@contextmanager
def _greenlet_not_looked_for(another: bool) -> Iterator[None]:
    """Make SQLAlchemy look for greenlet anew; afterwards it has the one that it had before."""
    if not another:
        yield
        return
    module = importlib.import_module("sqlalchemy.util.concurrency")
    shim, names = module._concurrency_shim, type(module._concurrency_shim).__slots__
    # It looks when it is first asked for one of these; only then is there something to take.
    shown = {name: getattr(shim, name) for name in names}
    before = _taken(vars(module), LOOKED_FOR)
    for name in names:
        delattr(shim, name)
    try:
        yield
    finally:
        _taken(vars(module), LOOKED_FOR)
        vars(module).update(before)
        for name, value in shown.items():
            setattr(shim, name, value)


def _taken(space: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: space.pop(name) for name in names if name in space}


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Make Python forget that it imported these modules; afterwards it knows them as before."""
    known = {
        name: module
        for name, module in sys.modules.items()
        if any(name == gone or name.startswith(f"{gone}.") for gone in names)
    }
    # A package keeps its modules as attributes, and `from package import module` finds them there.
    attributes = [name.rpartition(".") for name in known if "." in name]
    parents = [(sys.modules[package], attribute) for package, _, attribute in attributes]
    kept = [(vars(parent), name, vars(parent).pop(name, None)) for parent, name in parents]
    for name in known:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in list(sys.modules):
            if any(name == gone or name.startswith(f"{gone}.") for gone in names):
                del sys.modules[name]
        sys.modules.update(known)
        for space, name, module in kept:
            space.pop(name, None)
            if module is not None:
                space[name] = module
