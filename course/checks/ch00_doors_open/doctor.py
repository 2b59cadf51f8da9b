"""ch00-ex1: a doctor that tells whether the tools are there."""

import importlib.abc
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from course.checking.attempts import attempt_sync, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing

PACKAGES = ("fastapi", "sqlalchemy", "aiosqlite")
KEYS = (*PACKAGES, "async")
ANOTHER_VERSION = "7.8.9"


async def observe_doctor(case: None, doctor: Any) -> dict[str, Any]:
    """Run the doctor on this environment and on three that are made up."""
    here = _report(doctor)
    if here["ended"] != "returned":
        return {"here": here}
    return {
        "installed": {name: importlib.metadata.version(name) for name in PACKAGES},
        "here": here,
        "updated": _report(doctor, versions=dict.fromkeys(PACKAGES, ANOTHER_VERSION)),
        "no aiosqlite": _report(doctor, missing="aiosqlite"),
        "no greenlet": _report(doctor, broken="sqlalchemy.ext.asyncio"),
    }


def judge_doctor(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    here = seen["here"]
    if reason := interruption(here, "doctor()"):
        yield Nothing(reason)
        return
    if not isinstance(here["value"], dict) or set(here["value"]) != set(KEYS):
        yield Nothing(
            f"doctor() returned {here['value']!r}. "
            f"It should return a dict with exactly these keys: {', '.join(KEYS)}.",
        )
        return
    yield from _judge_versions(seen)
    yield from _judge_missing(seen["no aiosqlite"])
    yield from _judge_async(here["value"]["async"], seen["no greenlet"])


def _judge_versions(seen: dict[str, Any]) -> Iterable[Broken]:
    for name in PACKAGES:
        said, true = seen["here"]["value"][name], seen["installed"][name]
        if said != true:
            yield Broken("versions", f"For {name} the doctor says {said!r}; {true} is installed.")
            return
    updated = seen["updated"]
    if updated["ended"] != "returned":
        yield Broken("versions", f"With other versions installed, {updated['error']} came out.")
        return
    for name in PACKAGES:
        if _said(updated, name) != ANOTHER_VERSION:
            yield Broken(
                "versions",
                f"{name} was updated to {ANOTHER_VERSION}, and the doctor still says "
                f"{_said(updated, name)!r}. Read the version each time doctor() runs, "
                "with importlib.metadata.version; do not write it down.",
            )
            return


def _judge_missing(outcome: dict[str, Any]) -> Iterable[Broken]:
    if outcome["ended"] != "returned":
        yield Broken(
            "missing",
            f"With aiosqlite uninstalled, doctor() raised {outcome['error']}. "
            "Report False for it: a doctor should not faint at the sight of the patient.",
        )
    elif _said(outcome, "aiosqlite") is not False:
        yield Broken(
            "missing",
            "With aiosqlite uninstalled, the doctor reports "
            f"{_said(outcome, 'aiosqlite')!r} for it instead of False.",
        )


def _judge_async(here: object, outcome: dict[str, Any]) -> Iterable[Broken]:
    if here is not True:
        yield Broken("async", f"Async support works here, and the doctor says {here!r}.")
    elif outcome["ended"] != "returned":
        yield Broken(
            "async",
            f"Where SQLAlchemy's async side can't be imported, doctor() raised "
            f"{outcome['error']}. Catch the ImportError and report False.",
        )
    elif _said(outcome, "async") is not False:
        yield Broken(
            "async",
            "greenlet was installed, `import sqlalchemy.ext.asyncio` failed all the same, and the "
            "doctor said async works. A package that can be found, or imported, can still be one "
            "that SQLAlchemy can't use: try the import that you will need.",
        )


def _said(outcome: dict[str, Any], name: str) -> Any:
    """Return what the doctor says of one thing; it may return no dict where something is amiss."""
    value = outcome["value"]
    return value.get(name) if isinstance(value, dict) else value


def _report(doctor: Any, **situation: Any) -> dict[str, Any]:
    with made_up(**situation):
        return attempt_sync(doctor).as_dict()


@contextmanager
def made_up(
    versions: dict[str, str] | None = None, missing: str = "", broken: str = ""
) -> Iterator[None]:
    """Make this Python look like another environment, for as long as the block runs.

    `versions`: other versions of installed packages. `missing`: a package that is not
    installed. `broken`: a module that is there and fails to import.
    """
    hidden = {
        name: module
        for name, module in sys.modules.items()
        for gone in (missing, broken)
        if gone and (name == gone or name.startswith(gone + "."))
    }
    blocker = _Blocker(tuple(name for name in (missing, broken) if name))
    # From the class's own dict, so that the very same object is put back.
    discover = vars(importlib.metadata.Distribution)["discover"]

    def discover_here(**wanted: Any) -> Iterator[Any]:
        for distribution in discover.__get__(None, importlib.metadata.Distribution)(**wanted):
            name = distribution.metadata["Name"].lower()
            if name != missing:
                version = (versions or {}).get(name)
                yield _Updated(distribution, version) if version else distribution

    modules = {name: sys.modules[name] for name in versions or {} if name in sys.modules}
    before = {name: getattr(module, "__version__", None) for name, module in modules.items()}
    package, _, attribute = broken.rpartition(".")
    # A package keeps its modules as attributes, and `from package import module` finds them there.
    known = vars(sys.modules[package]).pop(attribute, None) if package in sys.modules else None
    for name in hidden:
        del sys.modules[name]
    sys.meta_path.insert(0, blocker)
    importlib.metadata.Distribution.discover = discover_here  # type: ignore[method-assign]
    for name, module in modules.items():
        module.__version__ = (versions or {})[name]  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for name, module in modules.items():
            module.__version__ = before[name]  # type: ignore[attr-defined]
        importlib.metadata.Distribution.discover = discover  # type: ignore[method-assign]
        sys.meta_path.remove(blocker)
        sys.modules.update(hidden)
        if known is not None:
            setattr(sys.modules[package], attribute, known)


class _Blocker(importlib.abc.MetaPathFinder):
    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> None:
        for blocked in self.names:
            if name == blocked or name.startswith(blocked + "."):
                raise ImportError(f"{name} can't be imported in this made-up environment")


class _Updated:
    """A distribution with another version."""

    def __init__(self, distribution: importlib.metadata.Distribution, version: str) -> None:
        self.distribution, self.version = distribution, version

    def __getattr__(self, name: str) -> Any:
        return getattr(self.distribution, name)

    @property
    def metadata(self) -> Any:
        metadata = self.distribution.metadata
        metadata.replace_header("Version", self.version)  # type: ignore[attr-defined]
        return metadata


DOCTOR = Exercise(
    id="ch00-ex1",
    title="A doctor for the box office",
    objectives=("install",),
    answers=("doctor",),
    promises={
        "versions": "the versions are read from what is installed",
        "missing": "a missing package is reported as False",
        "async": "async support is tested by the import that needs it",
    },
    hints=(
        "importlib.metadata.version(name) returns the installed version of a package, and raises "
        "PackageNotFoundError when there is none.",
        "Finding a package is not importing it. Which import failed in the lesson when greenlet "
        "was missing?",
        "Put `import sqlalchemy.ext.asyncio` in a try block inside doctor(), and turn ImportError "
        "into False.",
    ),
    observe=observe_doctor,
    judge=judge_doctor,
)
