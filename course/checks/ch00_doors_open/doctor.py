"""ch00-ex1: a doctor that tells whether the tools are there."""

import importlib
import importlib.metadata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from course.checking.attempts import attempt_sync, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch00_doors_open.made_up import COMPILED_PART_GONE, made_up

PACKAGES = ("fastapi", "sqlalchemy", "aiosqlite")
KEYS = (*PACKAGES, "async")
# Numbers as they are published: a candidate, a short one, and one that somebody built at home.
SHAPES = ("{}.{}.0rc{}", "{}.{}", "{}.{}.{}.post1+theatre.7")
UNUSABLE = {
    "no greenlet is installed": {"missing": "greenlet"},
    "greenlet is installed without its compiled part": {"greenlet": COMPILED_PART_GONE},
    "greenlet is an empty folder, which can be imported": {"greenlet": ""},
}


@dataclass(frozen=True)
class Case:
    """The versions that are installed after an update of everything."""

    updated: dict[str, str]


def draw_doctor(random: Random) -> Case:
    shapes = zip(PACKAGES, random.sample(SHAPES, len(SHAPES)), strict=True)
    numbers = iter(random.sample(range(2, 99), 9))
    return Case({n: shape.format(*(next(numbers) for _ in "123")) for n, shape in shapes})


async def observe_doctor(case: Case, doctor: Any) -> dict[str, Any]:
    """Run the doctor on this environment and on others, each as good as new."""
    for name in (*PACKAGES, "sqlalchemy.ext.asyncio"):
        importlib.import_module(name)  # so that an answer that imports them is not slow
    here = _report(doctor)
    if here["ended"] != "returned":
        return {"here": here}
    return {
        "installed": {name: importlib.metadata.version(name) for name in PACKAGES},
        "here": here,
        "updated": _report(doctor, versions=case.updated),
        "missing": {name: _report(doctor, missing=name) for name in PACKAGES},
        "unusable": {why: _report(doctor, **how) for why, how in UNUSABLE.items()},
    }


def _report(doctor: Any, **situation: Any) -> dict[str, Any]:
    with made_up(**situation):
        return attempt_sync(doctor).as_dict()


def judge_doctor(case: Case, seen: dict[str, Any]) -> Iterable[Finding]:
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
    yield from _judge_versions(case, seen)
    for name, outcome in seen["missing"].items():
        yield from _judge_missing(name, outcome)
    yield from _judge_async(seen)


def _judge_versions(case: Case, seen: dict[str, Any]) -> Iterator[Broken]:
    for name in PACKAGES:
        said, true = seen["here"]["value"][name], seen["installed"][name]
        if said != true:
            yield Broken("versions", f"For {name} the doctor says {said!r}; {true} is installed.")
            return
    updated = seen["updated"]
    if reason := interruption(updated, "doctor()"):
        yield Broken("versions", f"With other versions installed, {reason}")
        return
    for name in PACKAGES:
        if _said(updated, name) != case.updated[name]:
            said = _said(updated, name)
            why = (
                "Read the version each time doctor() runs, with importlib.metadata.version; do "
                "not write it down."
                if said == seen["installed"][name]
                else "The version is all that importlib.metadata.version returns, as it stands."
            )
            yield Broken(
                "versions",
                f"{name} was updated to {case.updated[name]}, and the doctor says {said!r}. {why}",
            )
            return


def _judge_missing(name: str, outcome: dict[str, Any]) -> Iterator[Broken]:
    if reason := interruption(outcome, "doctor()"):
        # Without sqlalchemy two things can raise; an import is the other promise's matter.
        if name != "sqlalchemy" or outcome["error"].startswith("PackageNotFoundError"):
            yield Broken(
                "missing",
                f"With {name} uninstalled, {reason} "
                "Report False for it: a doctor should not faint at the sight of the patient.",
            )
    elif _said(outcome, name) is not False:
        yield Broken(
            "missing",
            f"With {name} uninstalled, the doctor reports {_said(outcome, name)!r} for it instead "
            "of False.",
        )


def _judge_async(seen: dict[str, Any]) -> Iterator[Broken]:
    here = seen["here"]["value"]["async"]
    if here is not True:
        yield Broken("async", f"Async support works here, and the doctor says {here!r}.")
    usable = {"other versions are installed": seen["updated"],
              "only fastapi is uninstalled": seen["missing"]["fastapi"]}  # fmt: skip
    for why, outcome in usable.items():
        if outcome["ended"] == "returned" and _said(outcome, "async") is not True:
            yield Broken(
                "async",
                f"Where {why}, SQLAlchemy's async side can be used as before, and the doctor says "
                f"{_said(outcome, 'async')!r}.",
            )
    unusable = {**seen["unusable"], "sqlalchemy is uninstalled": seen["missing"]["sqlalchemy"]}
    for why, outcome in unusable.items():
        if reason := interruption(outcome, "doctor()"):
            if not outcome["error"].startswith("PackageNotFoundError"):
                yield Broken(
                    "async",
                    f"Where {why}, {reason} Report False for every error that the import of "
                    "SQLAlchemy's async side can raise: mostly it is an ImportError.",
                )
        elif _said(outcome, "async") is not False:
            yield Broken(
                "async",
                f"Where {why}, SQLAlchemy's async side can't be used, and the doctor says "
                f"{_said(outcome, 'async')!r}. A package that can be found, or imported, can still "
                "be one that SQLAlchemy can't use: try the import that you will need, in this very "
                "process, since another one may have other packages.",
            )


def _said(outcome: dict[str, Any], key: str) -> Any:
    value = outcome["value"]
    return value.get(key) if isinstance(value, dict) else value


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
    draw=draw_doctor,
    observe=observe_doctor,
    judge=judge_doctor,
)
