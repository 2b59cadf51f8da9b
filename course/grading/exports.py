"""Write results in the formats that the tools of the trade read.

Formats: docs.gradescope.com "Autograder specifications"; the JUnit XML that GitLab and GitHub
actions read; Canvas "import grades" and Moodle "import grades" from CSV.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from course.checking.exercise import NOT_ATTEMPTED, RIGHT, STAR, exercises_of, stems
from course.files import write_whole
from course.grading.results import Result
from course.names import chapter_of

COLUMNS = ("learner", "exercise", "points", "of", "state", "message", "seconds", "file", "counts")
# What a test suite counts, each by the element that it counts.
JUNIT_COUNTS = {
    "tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped",
}  # fmt: skip


def write_all(results: list[Result], folder: Path) -> None:
    """Write every format below a folder; files of an earlier run are replaced."""
    files = {
        "grades.csv": grades_csv(results).encode(),
        "canvas.csv": canvas_csv(results).encode(),
        "moodle.csv": moodle_csv(results).encode(),
        "junit.xml": junit_xml(results),
    }
    for result in results:
        text = json.dumps(gradescope(result), indent=1, ensure_ascii=False) + "\n"
        files[f"gradescope/{result.key}.json"] = text.encode()
    for name, contents in files.items():
        write_whole(folder / name, contents, durable=False)


def grades_csv(results: Iterable[Result]) -> str:
    """Return a row for each exercise of each submission, and one for each that has none."""
    rows: list[tuple[Any, ...]] = [COLUMNS]
    for result in results:
        if result.problem:
            chapter = chapter_of(result.stem)
            rows.append((result.learner, chapter, 0, 0, "not graded", result.problem, 0.0,
                         result.path, result.counts))  # fmt: skip
        for each in result.exercises:
            message = " ".join(each["messages"])
            rows.append((result.learner, each["exercise"], each["points"], each["of"],
                         each["state"], message, each["seconds"], result.path,
                         result.counts))  # fmt: skip
    return _csv(rows)


def points_of_learners(results: Iterable[Result]) -> dict[str, dict[str, int]]:
    """Return the points of each learner in each chapter, by the notebooks that count."""
    points: dict[str, dict[str, int]] = defaultdict(dict)
    for result in results:
        if result.learner and result.stem and result.counts:
            points[result.learner][result.stem] = result.points
    return dict(sorted(points.items()))


def canvas_csv(results: list[Result]) -> str:
    """Return what Canvas imports: a column for each chapter, learners by their login.

    The row under the header has the points that are possible.
    """
    chapters = _chapters(results)
    rows: list[tuple[Any, ...]] = [
        ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *chapters),
        ("    Points Possible", "", "", "", "", *map(_possible, chapters)),
    ]
    for learner, points in points_of_learners(results).items():
        marks = [points.get(chapter, "") for chapter in chapters]
        rows.append((learner, "", "", learner, "", *marks))
    return _csv(rows)


def moodle_csv(results: list[Result]) -> str:
    """Return what Moodle imports: learners by their username, a column for each chapter."""
    chapters = _chapters(results)
    rows: list[tuple[Any, ...]] = [("username", *chapters)]
    for learner, points in points_of_learners(results).items():
        rows.append((learner, *(points.get(chapter, "") for chapter in chapters)))
    return _csv(rows)


def _chapters(results: Iterable[Result]) -> list[str]:
    present = {result.stem for result in results}
    return [stem for stem in stems() if stem in present]


def _possible(stem: str) -> int:
    return sum(len(exercise.promises) for exercise in exercises_of(stem))


def _csv(rows: Iterable[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([map(_harmless, row) for row in rows])
    return text.getvalue()


def _harmless(cell: Any) -> Any:
    """Return the cell so that no spreadsheet takes a learner's text for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t" and cell else cell


def gradescope(result: Result) -> dict[str, Any]:
    """Return the content of the results.json that Gradescope shows for one submission."""
    if result.problem:
        return {"score": 0, "output": result.problem, "tests": []}
    tests = [
        {
            "name": f"{each['exercise']} {each['title']}",
            "score": each["points"],
            "max_score": each["of"],
            "status": "passed" if each["state"] in (RIGHT, STAR) else "failed",
            "output": "\n".join(feedback_lines(each)),
        }
        for each in result.exercises
    ]
    return {"score": result.points, "tests": tests, "output": result.remark}


def feedback_lines(exercise: dict[str, Any]) -> list[str]:
    """Return what a learner reads about one exercise."""
    kept = [f"✓ {promise}" for promise in exercise["kept"]]
    return [exercise["state"], *exercise["messages"], *kept]


def junit_xml(results: Iterable[Result]) -> bytes:
    """Return a test suite for each submission, a test case for each exercise."""
    root = ElementTree.Element("testsuites", name="The Lantern")
    for result in results:
        name = f"{result.name} {result.stem}".strip()
        suite = ElementTree.SubElement(root, "testsuite", name=name)
        if result.problem:
            case = ElementTree.SubElement(suite, "testcase", name=result.path, classname=name)
            ElementTree.SubElement(case, "error", message=result.problem)
        for each in result.exercises:
            _add_case(suite, name, each)
        for count, tag in JUNIT_COUNTS.items():
            suite.set(count, str(len(list(suite.iter(tag)))))
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _add_case(suite: ElementTree.Element, name: str, exercise: dict[str, Any]) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=name, name=f"{exercise['exercise']} {exercise['title']}",
        time=str(exercise["seconds"]),
    )  # fmt: skip
    message = " ".join(exercise["messages"])
    if exercise["state"] == NOT_ATTEMPTED:
        ElementTree.SubElement(case, "skipped", message=message)
    elif exercise["state"] not in (RIGHT, STAR):
        failure = ElementTree.SubElement(case, "failure", message=message)
        failure.text = "\n".join(feedback_lines(exercise))
