"""Find the notebooks that were handed in: whose they are, of which chapter, and what is wrong."""

import ast
import hashlib
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from course.checking.exercise import Exercise, every_exercise, exercises_of, stems
from course.failure import CannotContinue
from course.names import EXERCISE, chapter_of
from course.notebook import code_cells, source, tags

LARGEST = 20_000_000  # bytes; a notebook of the course with all its outputs is under 1 MB
CHAPTER = re.compile(r"(?<![a-z0-9])(ch\d\d)(?![0-9])", re.IGNORECASE)
# What platforms and browsers add to a name: Moodle's and Canvas's numbers, "(1)" and "-2".
ADDED = re.compile(
    r"_\d{3,}|_assignsubmission_file|_late(?=_|$)|\(\d+\)|-\d{1,2}$| - copy$|_?copy\d*$", re.I
)
NOT_A_NAME = {"", "submission", "submissions", "notebook", "notebooks", "workspace", "exercise",
              "exercises", "untitled"}  # fmt: skip


@dataclass(frozen=True)
class Submission:
    """One notebook: its path below what was handed in, its learner and its chapter's stem.

    `learner` is empty where it can't be told. `problem` is a sentence, and empty where the
    notebook can be graded; `remark` is one that the instructor should read all the same.
    """

    path: str
    learner: str
    stem: str
    digest: str
    notebook: dict[str, Any] = field(default_factory=dict, repr=False)
    problem: str = ""
    remark: str = ""

    @property
    def key(self) -> str:
        """A name for files, different for each path."""
        name = re.sub(r"[^\w.-]+", "_", f"{self.learner or 'unknown'}-{self.stem or 'unknown'}")
        return f"{name[:80]}-{hashlib.sha256(self.path.encode()).hexdigest()[:8]}"

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises of its chapter; none if that is unknown."""
        return exercises_of(self.stem) if self.stem else ()


def find_files(source: Path) -> list[tuple[str, Callable[[], bytes | str]]]:
    """Return (path, how to read it) of each notebook in a folder or a zip, or of the one it is.

    Reading gives its contents, or a sentence why there are none. Raises CannotContinue if there
    is no such source, or no notebook in it.
    """
    if not source.exists():
        raise CannotContinue(f"There is no {source}. Name a folder, a zip or a notebook.")
    files = list(_files(source))
    if not files:
        raise CannotContinue(f"There is no notebook (a file ending in .ipynb) in {source}.")
    return files


def _files(source: Path) -> Iterator[tuple[str, Callable[[], bytes | str]]]:
    if source.is_dir():
        for path in sorted(source.rglob("*.ipynb")):
            name = path.relative_to(source).as_posix()
            if not _hidden(name) and not path.is_dir():
                yield name, partial(_contents, path)
    elif zipfile.is_zipfile(source):
        archive = zipfile.ZipFile(source)
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
            if entry.filename.endswith(".ipynb") and not _hidden(entry.filename):
                yield entry.filename, partial(_unpacked, archive, entry)
    else:
        yield source.name, partial(_contents, source)


def _hidden(path: str) -> bool:
    return any(re.match(r"\.[^.]|__MACOSX", part) for part in PurePosixPath(path).parts)


def _contents(path: Path) -> bytes | str:
    # A link could name a file of the instructor's, whose contents the feedback would show.
    if path.is_symlink():
        return "It is a link to another file, and links are not followed."
    try:
        size = path.stat().st_size
        return path.read_bytes() if size <= LARGEST else _too_large(size)
    except OSError as error:
        return f"It can't be read ({error.strerror})."


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | str:
    # The size that an archive declares can be a lie: no more than this is ever unpacked.
    try:
        with archive.open(entry) as file:
            contents = file.read(LARGEST + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        return f"It can't be unpacked ({error})."
    return contents if len(contents) <= LARGEST else _too_large(max(entry.file_size, LARGEST))


def _too_large(size: int) -> str:
    return (
        f"It has {size / 1e6:.0f} MB, and {LARGEST / 1e6:.0f} MB are the most. Outputs make a "
        "notebook large: clear them (in JupyterLab: Edit, Clear Outputs of All Cells) and save."
    )


def read(path: str, contents: bytes | str, learner: str = "") -> Submission:
    """Return the submission that a file is, whatever is wrong with it."""
    if isinstance(contents, str):
        return Submission(path, learner or _learner(path, {}), _stem_in(path), "", problem=contents)
    digest = hashlib.sha256(contents).hexdigest()
    notebook, problem = _parsed(contents)
    learner = learner or _learner(path, notebook)
    if problem:
        return Submission(path, learner, _stem_in(path), digest, problem=problem)
    stem = _chapter(path, notebook)
    if not stem:
        known = ", ".join(map(chapter_of, stems()))
        problem = (
            "It holds no exercise of this course: no cell has an exercise's tag, none defines an "
            f"answer, and its name has none of {known}."
        )
    remark = "" if learner else (
        "Whose it is can't be told: put it in a folder named after the learner, or the name "
        "before the chapter's, as in ana_ch01_event_loop.ipynb."
    )  # fmt: skip
    return Submission(path, learner, stem, digest, notebook, problem, remark)


def _parsed(contents: bytes) -> tuple[dict[str, Any], str]:
    """Return (notebook, "") or ({}, why it is none)."""
    if not contents.strip():
        return {}, "It is empty."
    try:
        notebook = json.loads(contents)
    except (ValueError, RecursionError):
        whole = contents.rstrip().endswith(b"}")
        return {}, (
            "It is no notebook: it can't be read as JSON."
            if whole
            else "It ends in the middle: it was saved, or uploaded, by half."
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


def _has_cells(notebook: dict[str, Any]) -> bool:
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


def _chapter(path: str, notebook: dict[str, Any]) -> str:
    """Return the stem of its chapter: from the tags, else the file's name, else the answers."""
    code = code_cells(notebook)
    named = [tag for cell in code for tag in tags(cell) if EXERCISE.fullmatch(tag)]
    for chapter, _ in Counter(map(chapter_of, named)).most_common():
        if stem := _stem_of(chapter):
            return stem
    if stem := _stem_in(path):
        return stem
    defined = {name for cell in code for name in _defined(source(cell))}
    found = Counter(
        stem for stem, exercise in every_exercise() if defined.issuperset(exercise.answers)
    )
    return found.most_common(1)[0][0] if found else ""


def _stem_in(path: str) -> str:
    """Return the stem of the chapter that a file's name names."""
    for match in CHAPTER.finditer(PurePosixPath(path).name):
        if stem := _stem_of(match[1].lower()):
            return stem
    return ""


def _stem_of(chapter: str) -> str:
    return next((stem for stem in stems() if chapter_of(stem) == chapter), "")


def _defined(source: str) -> Iterator[str]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _learner(path: str, notebook: dict[str, Any]) -> str:
    """Return the learner's name: from the folder, else the file's name, else the metadata.

    The first two are the doing of whoever collected the notebooks; the last is the learner's own.
    """
    *folders, file = PurePosixPath(path).parts
    for name in (*folders[:1], PurePosixPath(file).stem):
        if (cleaned := _cleaned(name)).lower() not in NOT_A_NAME:
            return cleaned
    metadata = notebook.get("metadata")
    named = metadata.get("learner") if isinstance(metadata, dict) else None
    return named.strip()[:100] if isinstance(named, str) else ""


def _cleaned(name: str) -> str:
    """Return a name without the chapter's stem and what platforms add to it."""
    for stem in stems():
        name = re.sub(rf"{stem}|(?<![a-z0-9]){chapter_of(stem)}(?![0-9])", "", name, flags=re.I)
    return ADDED.sub("", name).strip(" _-.")
