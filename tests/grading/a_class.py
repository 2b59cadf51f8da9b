"""Make a class: `python -m tests.grading.a_class FOLDER [LEARNERS [CHAPTER]]`.

Its submissions are the right answers, the wrong answers of every exercise and the hostile ones,
in turn, so that every run makes the same class.
"""

import importlib
import itertools
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course.exercise import exercises_of, stems

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("RIGHT_ANSWERS", "STARS", "WRONG_")
EXERCISES_BY_TABLE = {"WRONG_ANSWERS": "ch00-ex1", "WRONG_TITLES": "ch00-ex2"}


@dataclass
class Answers:
    """What the tests of the checks know of one exercise: sources, and (source, message)."""

    right: list[str] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)


def known_answers(stem: str) -> dict[str, Answers]:
    """Return the answers of a chapter's exercises, by their ids, the reference among the right."""
    tests = importlib.import_module(f"tests.checks.test_{stem}")
    imports = getattr(tests, "IMPORTS", "")
    answers = {exercise.id: Answers() for exercise in exercises_of(stem)}
    for exercise in answers:
        answers[exercise].right.append(answer_in("solutions", stem, exercise))
    for table, content in vars(tests).items():
        if isinstance(content, dict) and table.startswith(TABLES):
            for key, value in content.items():
                exercise = key[0] if isinstance(key, tuple) else EXERCISES_BY_TABLE[table]
                if isinstance(value, str):
                    answers[exercise].right.append(imports + value)
                elif table.startswith("WRONG"):
                    answers[exercise].wrong.append((imports + value[0], value[1]))
    return answers


def answer_in(folder: str, stem: str, exercise: str) -> str:
    """Return the source of an exercise's cells in one of the course's notebooks."""
    cells = read(folder, stem)["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if exercise in tags(cell))


def read(folder: str, stem: str) -> dict:
    """Return a notebook of the course as plain data."""
    return json.loads((ROOT / folder / f"{stem}.ipynb").read_text(encoding="utf-8"))


def tags(cell: dict) -> list[str]:
    """Return a cell's tags."""
    return cell["metadata"].get("tags", [])


def notebook_with(stem: str, answers: dict[str, str]) -> dict:
    """Return the chapter's exercises with these answers in their cells."""
    notebook = read("exercises", stem)
    for cell in notebook["cells"]:
        for exercise in set(tags(cell)) & answers.keys():
            cell["source"] = answers[exercise]
    return notebook


def submissions(stem: str) -> Iterator[dict]:
    """Yield notebooks for ever: each right answer and each wrong one has its turn."""
    sources = {
        exercise: itertools.cycle([*answers.right, *(source for source, _ in answers.wrong)])
        for exercise, answers in known_answers(stem).items()
    }
    while True:
        yield notebook_with(stem, {exercise: next(turn) for exercise, turn in sources.items()})


def make(folder: Path, learners: int, chapters: tuple[str, ...] = ()) -> None:
    """Write one notebook for each learner, the chapters in turn, every third one a hostile case."""
    from tests.grading.hostile import CASES, FILES

    chosen = [stem for stem in stems() if not chapters or stem in chapters]
    turns = {stem: submissions(stem) for stem in chosen}
    hostile = itertools.cycle(
        [(name, case.stem, case.notebook()) for name, case in CASES.items()]
        + [(name, "ch01_event_loop", contents) for name, contents in FILES.items()]
    )
    for number in range(learners):
        stem = chosen[number % len(chosen)]
        contents: dict | bytes = next(turns[stem])
        name = f"learner{number:04}"
        if number % 3 == 2 and not chapters:
            case, stem, contents = next(hostile)
            name = f"{name} {case}"
        path = folder / name / f"{stem}.ipynb"
        path.parent.mkdir(parents=True)
        data = contents if isinstance(contents, bytes) else json.dumps(contents).encode()
        path.write_bytes(data)


if __name__ == "__main__":
    target, count, *of = sys.argv[1:]
    make(Path(target), int(count), tuple(of))
