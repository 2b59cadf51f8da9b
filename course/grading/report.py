"""The report on a class, and the page that each learner gets back: HTML files without scripts."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from course.checking.exercise import (
    NO_VERDICT,
    NOT_ATTEMPTED,
    NOT_YET_SEEN,
    RIGHT,
    STAR,
    SYMBOLS,
    WRONG,
)
from course.files import write_whole
from course.grading.people import Person
from course.grading.results import Result
from course.grading.submissions import cut

STATES = (STAR, RIGHT, WRONG, NOT_ATTEMPTED, NO_VERDICT)
KINDS = {STAR: "star", RIGHT: "right", WRONG: "wrong", NOT_ATTEMPTED: "none", NO_VERDICT: "none"}
MOST_MISTAKES = 20

# Names that Windows gives no file, whatever stands behind a dot.
OF_WINDOWS = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def write_report(persons: Sequence[Person], folder: Path) -> Path:
    """Write report.html and feedback/NAME.html below a folder; return the report's path."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.globals.update(symbols=SYMBOLS, kinds=KINDS, states=STATES, not_seen=NOT_YET_SEEN)
    learner = pages.get_template("learner.html")
    names = {p.called: page_of(p.called) for p in persons if p.results}
    for person in persons:
        if person.results:
            page = learner.render(name=person.called, results=person.results)
            write_whole(folder / names[person.called], page.encode(), durable=False)
    report = pages.get_template("report.html").render(pages=names, **overview(persons))
    write_whole(folder / "report.html", report.encode(), durable=False)
    return folder / "report.html"


def page_of(called: str) -> str:
    """Return where the page of a learner lies, below the folder of the results."""
    return f"feedback/{file_name(called)}.html"


def file_name(name: str) -> str:
    """Return a name for a file that tells whose it is, and is different for different names."""
    plain = cut(re.sub(r"[^\w.@-]+", "_", name).strip("._"), 100)
    free = not OF_WINDOWS.fullmatch(plain)
    return plain if plain == name and free else f"{plain}-{sha256(name.encode()).hexdigest()[:6]}"


def overview(persons: Sequence[Person]) -> dict[str, Any]:
    """Return what the report shows, as plain data."""
    results = [result for person in persons for result in person.results]
    counted = [result for result in results if result.counts]
    exercises: dict[str, dict[str, Any]] = {}
    for each in (each for result in counted for each in result.exercises):
        row = exercises.setdefault(
            each["exercise"], {"id": each["exercise"], "title": each["title"], "counts": Counter()}
        )
        row["counts"][each["state"]] += 1
    for row in exercises.values():
        row["total"] = row["counts"].total()
    return {
        "learners": [about(person) for person in persons],
        "notebooks": sum(result.is_notebook for result in results),
        "systems": recognised(results),
        "exercises": [exercises[name] for name in sorted(exercises)],
        "mistakes": frequent_mistakes(counted),
        "problems": [result for result in results if result.problem],
        "remarks": [result for result in results if result.remark],
        "asks": list(dict.fromkeys(ask for person in persons for ask in person.asks)),
        "unusual": [result for result in results if result.unusual],
        "protection": results[0].protection if results else {"on": [], "off": []},
    }


def about(person: Person) -> dict[str, Any]:
    """Return a learner's line of the report, by the notebooks that count."""
    counted = [result for result in person.results if result.counts]
    marks = [result.mark for result in counted if result.mark is not None]
    handed_in = [result.learner for result in person.results if result.is_notebook]
    return {
        "name": person.called,
        "id": person.known("id"),
        "group": person.group,
        "exercises": {each["exercise"]: each for r in counted for each in r.exercises},
        "points": sum(marks) if marks else "",
        "late": sum(learner.late for learner in handed_in),
        "attempts": max((learner.attempt for learner in handed_in), default=0),
        "nothing": not person.results,
    }


def recognised(results: Iterable[Result]) -> list[str]:
    """Return in words how many files were named by which system."""
    systems = Counter(result.learner.system for result in results)
    return [
        f"{count} {'file' if count == 1 else 'files'} recognised as {name}'s"
        for name, count in sorted(systems.items())
        if name
    ]


def frequent_mistakes(results: list[Result]) -> list[dict[str, Any]]:
    """Return messages with the learners who got them, the most frequent first.

    Messages that differ in numbers alone are the same mistake.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for result in results:
        for each in result.exercises:
            if each["state"] != WRONG:
                continue
            for message in each["messages"]:
                key = (each["exercise"], re.sub(r"\d+", "0", message))
                mistake = found.setdefault(
                    key, {"exercise": each["exercise"], "message": message, "learners": []}
                )
                mistake["learners"].append(result.name)
    ranked = sorted(
        found.values(), key=lambda m: (-len(m["learners"]), m["exercise"], m["message"])
    )
    return ranked[:MOST_MISTAKES]
