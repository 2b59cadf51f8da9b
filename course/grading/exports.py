"""Write results in the formats that the tools of the trade read.

Formats: docs.gradescope.com "Autograder specifications"; the JUnit XML that GitLab and GitHub
actions read; "Import grades" from CSV of Canvas and of Moodle's gradebook; Moodle's grading
worksheet (mod/assign/feedback/offline/importgradeslib.php).
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from course.checking.exercise import (
    NO_VERDICT,
    NOT_ATTEMPTED,
    NOT_YET_SEEN,
    RIGHT,
    STAR,
    exercises_of,
    stems,
)
from course.files import write_whole
from course.grading.handing_back import of_moodle
from course.grading.people import Person
from course.grading.results import Result
from course.names import chapter_of

COLUMNS = ("learner", "id", "group", "exercise", "points", "of", "state", "message", "seconds",
           "late", "attempt", "file", "counts")  # fmt: skip
NOTHING = "handed in nothing"
MOST_IN_A_CELL = 32_767  # characters that a spreadsheet takes
# What a test suite counts, each by the element that it counts.
JUNIT_COUNTS = {
    "tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped",
}  # fmt: skip


def write_all(persons: Sequence[Person], folder: Path) -> None:
    """Write every format below a folder; files of an earlier run are replaced."""
    results = [result for person in persons for result in person.results]
    files = {
        "grades.csv": grades_csv(persons).encode(),
        "canvas.csv": canvas_csv(persons).encode(),
        "moodle.csv": moodle_csv(persons).encode(),
        "junit.xml": junit_xml(results),
    }
    files |= {f"moodle-{stem}.csv": text.encode() for stem, text in worksheets(persons).items()}
    for result in results:
        # Gradescope has no blank: without a file it says that the grader failed.
        if result.is_notebook and not result.no_verdict:
            text = json.dumps(gradescope(result), indent=1, ensure_ascii=False) + "\n"
            files[f"gradescope/{result.key}.json"] = text.encode()
    for name, contents in files.items():
        write_whole(folder / name, contents, durable=False)


def grades_csv(persons: Iterable[Person]) -> str:
    """Return a row for each exercise of each submission, and one for each that has none.

    So does who handed in nothing. What has no mark has a blank.
    """
    rows: list[tuple[Any, ...]] = [COLUMNS]
    for person in persons:
        who = (person.called, person.known("id"), person.group)
        if not person.results:
            rows.append((*who, "", "", "", NOTHING, "", "", "", "", "", ""))
        for result in person.results:
            learner = result.learner
            handed_in = ("late" if learner.late else "", learner.attempt or "", result.path,
                         result.counts)  # fmt: skip
            if result.problem:
                rows.append((*who, chapter_of(result.stem), "", "", "not graded", result.problem,
                             "", *handed_in))  # fmt: skip
            for each in result.exercises:
                points = "" if each["state"] == NO_VERDICT else each["points"]
                rows.append((*who, each["exercise"], points, each["of"], each["state"],
                             " ".join(each["messages"]), each["seconds"], *handed_in))  # fmt: skip
    return _csv(rows)


def canvas_csv(persons: Sequence[Person]) -> str:
    """Return what Canvas imports: a column for each chapter, learners by Canvas's id and login.

    The row under the header has the points that are possible.
    """
    chapters = _chapters(persons)
    rows: list[tuple[Any, ...]] = [
        ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *chapters),
        ("    Points Possible", "", "", "", "", *map(_possible, chapters)),
    ]
    for person in _named(persons):
        canvas = person.known("id", "Canvas") or (person.entry.canvas if person.entry else "")
        sis = person.entry.id if person.entry else ""
        rows.append((person.called, canvas, sis, _login(person), person.group,
                     *_marks(person, chapters)))  # fmt: skip
    return _csv(rows)


def moodle_csv(persons: Sequence[Person]) -> str:
    """Return what Moodle's gradebook imports, by username, id number or mail."""
    chapters = _chapters(persons)
    rows: list[tuple[Any, ...]] = [("username", "idnumber", "email", "fullname", *chapters)]
    for person in _named(persons):
        number = person.entry.id if person.entry else ""
        rows.append((_login(person), number, person.known("mail"), person.called,
                     *_marks(person, chapters)))  # fmt: skip
    return _csv_for_php(rows)


def worksheets(persons: Sequence[Person]) -> dict[str, str]:
    """Return, for each chapter that Moodle collected, the grading worksheet that it imports.

    Learners are told by the number that they have in that assignment.
    """
    sheets = {}
    for stem in _chapters(persons):
        rows = [
            (f"Participant {result.learner.id}", person.called, mark, _possible(stem), "")
            for person, result in of_moodle(_named(persons))
            if result.stem == stem and (mark := result.mark) is not None
        ]
        if rows:
            header = ("Identifier", "Full name", "Grade", "Maximum grade", "Last modified (grade)")
            sheets[stem] = _csv_for_php([header, *rows])
    return sheets


def _named(persons: Iterable[Person]) -> list[Person]:
    return [person for person in persons if person.name]


def _login(person: Person) -> str:
    """Return the login; where nothing says it, folders are often named by it."""
    plain = person.results and not person.learner.system and not person.entry
    return person.known("login") or (person.called if plain else "")


def _marks(person: Person, chapters: Iterable[str]) -> list[int | str]:
    """Return the marks of a learner, a blank where there is none."""
    marks = {r.stem: r.mark for r in person.results if r.counts and r.mark is not None}
    return [marks.get(chapter, "") for chapter in chapters]


def _chapters(persons: Iterable[Person]) -> list[str]:
    present = {result.stem for person in persons for result in person.results}
    return [stem for stem in stems() if stem in present]


def _possible(stem: str) -> int:
    return sum(len(exercise.promises) for exercise in exercises_of(stem))


def _csv(rows: Iterable[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    # All text in quotes: a spreadsheet may take another sign than the comma to end a cell.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([map(harmless, row) for row in rows])
    return text.getvalue()


def _csv_for_php(rows: Iterable[tuple[Any, ...]]) -> str:
    """Return what Moodle reads: to PHP a backslash hides the quote that ends a cell."""
    return _csv(rows).replace("\\", "/")


def harmless(cell: Any) -> Any:
    """Return the cell so that no spreadsheet takes a learner's text for a formula, or cuts it."""
    if not isinstance(cell, str):
        return cell
    line = re.sub(r"[\t\r\n\v\f\x85\u2028\u2029]", " ", cell)
    # Spaces and what is not seen before a sign change nothing; full width signs are signs too.
    first = next((sign for sign in line if unicodedata.category(sign)[0] not in "ZC"), "")
    if unicodedata.normalize("NFKC", first) in ("=", "+", "-", "@"):
        line = f"'{line}"
    return line if len(line) <= MOST_IN_A_CELL else f"{line[: MOST_IN_A_CELL - 1]}…"


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
    unseen = [f"{NOT_YET_SEEN} {promise}" for promise in exercise["unseen"]]
    return [exercise["state"], *exercise["messages"], *kept, *unseen]


def junit_xml(results: Iterable[Result]) -> bytes:
    """Return a test suite for each notebook, a test case for each exercise."""
    root = ElementTree.Element("testsuites", name="The Lantern")
    for result in results:
        if not result.is_notebook:
            continue
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
    elif exercise["state"] == NO_VERDICT:
        ElementTree.SubElement(case, "error", message=message)
    elif exercise["state"] not in (RIGHT, STAR):
        failure = ElementTree.SubElement(case, "failure", message=message)
        failure.text = "\n".join(feedback_lines(exercise))
