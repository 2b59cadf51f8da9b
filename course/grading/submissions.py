"""Read a notebook that was handed in: of which chapter it is, and what is wrong with it."""

import ast
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from course.checking.exercise import Exercise, every_exercise, exercises_of, stems
from course.grading.folders import stem_in
from course.grading.handed_in import Found, is_notebook
from course.grading.learners import Learner, named_within, whose
from course.names import EXERCISE, chapter_of
from course.notebook import Notebook, code_cells, source, tags

NOBODY = (
    "Whose it is can't be told: put it in a folder named after the learner, or the name "
    "before the chapter's, as in ana_ch01_event_loop.ipynb."
)
OWN_WORD = "Nothing but the notebook itself says whose it is."


@dataclass(frozen=True)
class Submission:
    """One file that was handed in: its path, its learner and its chapter's stem.

    `problem` is a sentence, and empty where the notebook can be graded; `remark` is one that the
    instructor should read all the same. `is_notebook` is False for what has no notebook's name.
    """

    path: str
    learner: Learner
    stem: str
    digest: str
    notebook: Notebook = field(default_factory=dict, repr=False)
    problem: str = ""
    remark: str = ""
    is_notebook: bool = True

    @property
    def key(self) -> str:
        """A name for files, different for each path and learner, and short enough for all disks."""
        learner = self.learner.name
        name = re.sub(r"[^\w.-]+", "_", f"{learner or 'unknown'}-{self.stem or 'unknown'}")
        told = repr((self.path, learner, self.learner.id)).encode()
        return f"{cut(name, 100)}-{hashlib.sha256(told).hexdigest()[:8]}"

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises of its chapter; none if that is unknown."""
        return exercises_of(self.stem) if self.stem else ()


def cut(name: str, most: int) -> str:
    """Return as much of a name as so many bytes of UTF-8 hold."""
    return name.encode()[:most].decode(errors="ignore")


def submissions(files: Sequence[Found], learner: str = "") -> Iterator[Submission]:
    """Read all that was handed in, one file at a time; a team's once for each of its learners."""
    learners: Mapping[str, tuple[Learner, ...]] = whose(files)
    for path, load, problem in files:
        if path in learners:
            contents = load() if is_notebook(path) else problem or _no_notebook(path)
            for each in (Learner(learner),) if learner else learners[path]:
                yield read(path, contents, each)


def _no_notebook(path: str) -> str:
    ending = PurePosixPath(path).suffix or "no ending"
    return f"It is no notebook ({ending}), and is not graded. A notebook's name ends in .ipynb."


def read(path: str, contents: bytes | str, learner: Learner | None = None) -> Submission:
    """Return the submission that a file is, whatever is wrong with it.

    Contents that are a sentence are the reason why there are none.
    """
    learner = learner or whose([Found(path, bytes)])[path][0]
    if isinstance(contents, str):
        named = is_notebook(path)
        return Submission(path, learner, _stem_in(path), "", problem=contents, is_notebook=named)
    digest = hashlib.sha256(contents).hexdigest()
    notebook, problem = _parsed(contents)
    if problem:
        return Submission(path, learner, _stem_in(path), digest, problem=problem)
    if not learner.name and (name := named_within(notebook)):
        learner = Learner(name, asks=OWN_WORD)
    chapters = _chapters(path, notebook)
    stem = chapters[0] if chapters else ""
    if not stem:
        known = ", ".join(map(chapter_of, stems()))
        problem = (
            "It holds no exercise of this course: no cell has an exercise's tag, none defines an "
            f"answer, and its name has none of {known}."
        )
    remarks = [] if learner.name else [NOBODY]
    if others := ", ".join(map(chapter_of, chapters[1:])):
        remarks.append(
            f"It is graded for {chapter_of(stem)}, and holds exercises of {others} too, which are "
            "not: a notebook is for one chapter."
        )
    return Submission(path, learner, stem, digest, notebook, problem, " ".join(remarks))


def _parsed(contents: bytes) -> tuple[Notebook, str]:
    """Return (notebook, "") or ({}, why it is none)."""
    if not contents.strip():
        return {}, "It is empty."
    try:
        notebook = json.loads(contents)
    except (ValueError, RecursionError):
        begun = contents.lstrip().startswith(b"{") and not contents.rstrip().endswith(b"}")
        return {}, (
            "It ends in the middle: it was saved, or uploaded, by half."
            if begun
            else "It is no notebook: it can't be read as JSON."
        )
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        return {}, "It is no notebook: it says nothing of a notebook's format."
    if notebook["nbformat"] != 4:
        return {}, (
            f"It is in notebook format {notebook['nbformat']!r}, and the course reads format 4: "
            "open it in JupyterLab and save it again."
        )
    if not _has_cells(notebook):
        return {}, "It is no notebook that can be run: its cells are missing or damaged."
    return notebook, ""


def _has_cells(notebook: Notebook) -> bool:
    """Tell whether everything that is read from a notebook later is there and of its type."""
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        return False
    for cell in cells:
        if not isinstance(cell, dict) or not isinstance(cell.get("metadata", {}), dict):
            return False
        text, named = cell.get("source"), tags(cell)
        lines = text if isinstance(text, list) else [text]
        if not isinstance(cell.get("cell_type"), str) or not isinstance(named, list):
            return False
        if not all(isinstance(line, str) for line in [*lines, *named]):
            return False
    return True


def _chapters(path: str, notebook: Notebook) -> list[str]:
    """Return the stems of its chapters, by the tags, else its path, else the answers.

    The first is the one with most cells.
    """
    code = code_cells(notebook)
    named = [tag for cell in code for tag in tags(cell) if EXERCISE.fullmatch(tag)]
    found = [_stem_of(chapter) for chapter, _ in Counter(map(chapter_of, named)).most_common()]
    if tagged := [stem for stem in found if stem]:
        return tagged
    if stem := _stem_in(path):
        return [stem]
    defined = {name for cell in code for name in _defined(source(cell))}
    answered = Counter(
        stem for stem, exercise in every_exercise() if defined.issuperset(exercise.answers)
    )
    return [stem for stem, _ in answered.most_common()]


def _stem_in(path: str) -> str:
    """Return the stem of the chapter that a file's name names, or else a folder above it."""
    parts = reversed(PurePosixPath(path).parts)
    return next((stem for part in parts if (stem := stem_in(part))), "")


def _stem_of(chapter: str) -> str:
    return next((stem for stem in stems() if chapter_of(stem) == chapter), "")


def _defined(source: str) -> Iterator[str]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # A magic, for one: what can't be parsed may run all the same.
        yield from re.findall(r"^(?:(?:async )?def |class )?(\w+)(?:\(|:| =)", source, re.M)
        return
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
