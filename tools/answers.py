"""The known answers of every exercise: files below answers/, found and never listed.

answers/ch02-ex1/wrong-no-commit.py is one answer to ch02-ex1. Its name begins with what becomes
of it: right, star or wrong. It begins with comments:

    # the words that it must be told, or for a right one what is unusual about it
    # breaks: the promises that a wrong one does not keep, all of them, with commas
    # never told: words that no message to it may hold
    # on PostgreSQL: the words that are remarked where there is one
    # the rest is the course's own

With the last one the file holds what is different from the course's own answer, and no more.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course.checking.exercise import RIGHT, STAR, WRONG, exercises_of
from course.names import chapter_of
from course.notebook import Notebook, code_cells, read, source, tagged, tags
from course.project import ROOT

FOLDER = ROOT / "answers"
STATES = {"right": RIGHT, "star": STAR, "wrong": WRONG}
THE_REST = "the rest is the course's own"
ELSEWHERE = "on PostgreSQL: "


@dataclass(frozen=True)
class KnownAnswer:
    """One answer: the state that it must get, the words that it must be told, and its source.

    `words` of a right answer say what is unusual about it; nobody is told. `breaks` are the
    promises that it does not keep, `never_told` words that would blame the wrong thing, and
    `remarked` words that are said of it on a PostgreSQL, if the file says any. `is_ours` if it is
    the course's own answer, or differs from it in a part.
    """

    exercise: str
    name: str
    state: str
    words: str
    source: str
    breaks: tuple[str, ...] = ()
    never_told: tuple[str, ...] = ()
    is_ours: bool = False
    remarked: str = ""

    @property
    def passes(self) -> bool:
        """Whether it is right, with or without a star."""
        return self.state != WRONG

    @property
    def told(self) -> str:
        """The words that its verdict must hold; none for a right answer without a star."""
        return "" if self.state == RIGHT else self.words


def known_answers(exercise: str, folder: Path = FOLDER) -> tuple[KnownAnswer, ...]:
    """Return the answers to an exercise that lie in its folder, by name; none is none.

    Raises ValueError for a file that says neither what it is nor what it must be told.
    """
    return tuple(map(_read, sorted((folder / exercise).glob("*.py"))))


def _read(path: Path) -> KnownAnswer:
    kind = path.stem.partition("-")[0]
    text = path.read_text(encoding="utf-8")
    comments = itertools.takewhile(lambda line: line.startswith("# "), text.splitlines())
    lines = [line.removeprefix("# ").strip() for line in comments]
    if kind not in STATES:
        raise ValueError(f"{path.name} begins with none of {', '.join(STATES)}.")
    if not lines:
        raise ValueError(f"The first line of {path.name} is no comment with its words.")
    breaks = tuple(name for line in lines for name in _listed("breaks: ", line))
    if (kind == "wrong") != bool(breaks):
        raise ValueError(f"{path.name} needs a line `# breaks: …`, as wrong answers alone have.")
    never = tuple(
        line.removeprefix("never told: ") for line in lines if line.startswith("never told: ")
    )
    remarked = "".join(line.removeprefix(ELSEWHERE) for line in lines if line.startswith(ELSEWHERE))
    exercise, is_ours = path.parent.name, THE_REST in lines
    answer = f"{answer_in('solutions', exercise)}\n\n\n{text}" if is_ours else text
    return KnownAnswer(
        exercise, path.stem, STATES[kind], lines[0], answer, breaks, never, is_ours, remarked
    )


def _listed(label: str, line: str) -> list[str]:
    return line.removeprefix(label).split(", ") if line.startswith(label) else []


def every_answer() -> Iterator[KnownAnswer]:
    """Yield all known answers, the course's own first, exercise by exercise."""
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
        yield reference(folder.name)
        yield from known_answers(folder.name)


def reference(exercise: str) -> KnownAnswer:
    """Return the course's own answer, from the chapter's solution."""
    answer = answer_in("solutions", exercise)
    words, remarked = "the course's own answer", "it holds as well"
    return KnownAnswer(exercise, "reference", RIGHT, words, answer, is_ours=True, remarked=remarked)


@cache
def answer_in(folder: str, exercise: str) -> str:
    """Return the source of an exercise's cells in one of the course's notebooks."""
    return "\n".join(map(source, tagged(_chapter(folder, exercise), exercise)))


def imports_in(folder: str, exercise: str) -> str:
    """Return the cells that come before the exercise's own and belong to none: imports, models."""
    cells = code_cells(_chapter(folder, exercise))
    return "\n".join(source(cell) for cell in cells if not tags(cell))


def _chapter(folder: str, exercise: str) -> Notebook:
    (path,) = (ROOT / folder).glob(f"{chapter_of(exercise)}_*.ipynb")
    return read(path)


def notebook_with(stem: str, answers: dict[str, str]) -> Notebook:
    """Return the chapter's exercises with these answers, by their exercise, in their cells."""
    notebook = read(ROOT / "exercises" / f"{stem}.ipynb")
    for exercise, answer in answers.items():
        for cell in tagged(notebook, exercise):
            cell["source"] = answer
    return notebook


def notebooks(stem: str, right_only: bool = False) -> Iterator[Notebook]:
    """Yield notebooks of a chapter for ever: each known answer to each exercise has its turn."""
    turns = {}
    for exercise in exercises_of(stem):
        known = (reference(exercise.id), *known_answers(exercise.id))
        chosen = [answer.source for answer in known if answer.passes or not right_only]
        turns[exercise.id] = itertools.cycle(chosen)
    while True:
        yield notebook_with(stem, {exercise: next(turn) for exercise, turn in turns.items()})
