"""The report on a class, and the page that each learner gets back: HTML files without scripts."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from course.checking.exercise import NOT_ATTEMPTED, RIGHT, STAR, SYMBOLS, WRONG
from course.files import write_whole
from course.grading.results import Result

STATES = (STAR, RIGHT, WRONG, NOT_ATTEMPTED)
KINDS = {STAR: "star", RIGHT: "right", WRONG: "wrong", NOT_ATTEMPTED: "none"}
MOST_MISTAKES = 20


@dataclass
class Learner:
    """What one learner did, by the notebooks that count."""

    name: str
    exercises: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def points(self) -> int:
        """The points of all exercises."""
        return sum(exercise["points"] for exercise in self.exercises.values())


def write_report(results: list[Result], folder: Path) -> Path:
    """Write report.html and feedback/NAME.html below a folder; return the report's path."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.globals.update(symbols=SYMBOLS, kinds=KINDS, states=STATES)
    learner = pages.get_template("learner.html")
    by_name: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_name[result.name].append(result)
    names = {name: f"feedback/{file_name(name)}.html" for name in by_name}
    for name, own in by_name.items():
        page = learner.render(name=name, results=own)
        write_whole(folder / names[name], page.encode(), durable=False)
    report = pages.get_template("report.html").render(pages=names, **overview(results))
    write_whole(folder / "report.html", report.encode(), durable=False)
    return folder / "report.html"


def file_name(name: str) -> str:
    """Return a name for a file that tells whose it is, and is different for different names."""
    plain = re.sub(r"[^\w.@-]+", "_", name).strip("._")[:60]
    return plain if plain == name else f"{plain}-{sha256(name.encode()).hexdigest()[:6]}"


def overview(results: list[Result]) -> dict[str, Any]:
    """Return what the report shows, as plain data."""
    counted = [result for result in results if result.counts]
    learners: dict[str, Learner] = {}
    exercises: dict[str, dict[str, Any]] = {}
    for result in counted:
        if result.exercises:
            learner = learners.setdefault(result.name, Learner(result.name))
        for each in result.exercises:
            learner.exercises[each["exercise"]] = each
            row = exercises.setdefault(
                each["exercise"], {"id": each["exercise"], "title": each["title"],
                                   "counts": Counter()}
            )  # fmt: skip
            row["counts"][each["state"]] += 1
    for row in exercises.values():
        row["total"] = row["counts"].total()
    return {
        "results": results,
        "learners": [learners[name] for name in sorted(learners)],
        "exercises": [exercises[name] for name in sorted(exercises)],
        "mistakes": frequent_mistakes(counted),
        "problems": [result for result in results if result.problem],
        "remarks": [result for result in results if result.remark],
        "unusual": [result for result in results if result.unusual],
        "protection": results[0].protection if results else {"on": [], "off": []},
    }


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
