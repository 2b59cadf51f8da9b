"""The learner's copies: exercises in workspace/, lessons in workspace/lessons/.

A file that the learner changed is never written over.
"""

import hashlib
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from course.failure import CannotContinue
from course.files import keep_beside, write_whole
from course.notebook import code_cells, source, tags
from course.project import ROOT

# Elsewhere for tests and measurements, which must not touch what a learner wrote.
WORKSPACE = Path(os.environ.get("LANTERN_WORKSPACE") or ROOT / "workspace").resolve()
# What was handed out: the name of each copy, and the hash of its contents at that moment.
HANDED_OUT = WORKSPACE / ".handed_out.json"
# The reasons, up to the next thing to do or the next heading.
WHY = re.compile(r"\A\*\*Why\b.*?(?=\n\n\*\*|\n\n#|\Z)", re.DOTALL)
FOLDED = r"<details><summary>Why</summary>\n\n\g<0>\n\n</details>"


@dataclass(frozen=True)
class Handout:
    """One notebook of the course, and where the learner's copy of it lies."""

    original: Path
    copy: Path
    prepare: Callable[[bytes], bytes]

    @property
    def name(self) -> str:
        """The copy's path inside the workspace, the same on every system."""
        return self.copy.relative_to(WORKSPACE).as_posix()

    def contents(self) -> bytes:
        """Return what a fresh copy holds."""
        return self.prepare(self.original.read_bytes())


def handouts() -> Iterator[Handout]:
    """Yield every exercise and every lesson of the course."""
    for original in sorted((ROOT / "exercises").glob("*.ipynb")):
        yield Handout(original, WORKSPACE / original.name, bytes)
    for original in sorted((ROOT / "notebooks").glob("*.ipynb")):
        yield Handout(original, WORKSPACE / "lessons" / original.name, without_outputs)


def without_outputs(notebook: bytes) -> bytes:
    """Return the notebook as nobody has run it, so that nothing is given away.

    The outputs go, and the reasons below a prediction are folded until somebody asks for them, as
    is the code of a cure that the reader writes first.
    """
    content = json.loads(notebook)
    for cell in code_cells(content):
        cell.update(outputs=[], execution_count=None)
        if "hide-input" in tags(cell):
            cell["metadata"]["jupyter"] = {"source_hidden": True}
    for before, cell in itertools.pairwise(content["cells"]):
        if "hide-output" in tags(before) and cell["cell_type"] == "markdown":
            cell["source"] = WHY.sub(FOLDED, source(cell), count=1)
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def hand_out() -> list[Handout]:
    """Copy what is missing and renew what the learner has not touched.

    Return the notebooks that have a newer version while the learner's copy holds changes: they
    stay as they are.
    """
    given, held_back = read_handed_out(), []
    for handout in handouts():
        fresh = handout.contents()
        present = handout.copy.read_bytes() if handout.copy.exists() else None
        if present is None or digest(present) == given.get(handout.name):
            if present != fresh:
                write_whole(handout.copy, fresh)
        elif present != fresh:
            if given.get(handout.name) != digest(fresh):
                held_back.append(handout)
            continue
        if given.get(handout.name) != digest(fresh):
            given[handout.name] = digest(fresh)
            write_handed_out(given)
    return held_back


def reset(name: str) -> Path | None:
    """Put a fresh copy of a notebook, named with or without folder and ending, in its place.

    Return where the learner's file is kept, or None if there was none. Raises CannotContinue if
    the course has no such notebook.
    """
    stem = Path(name).name.removesuffix(".ipynb")
    by_stem = {handout.original.stem: handout for handout in handouts()}
    if stem not in by_stem:
        raise CannotContinue(
            f"The course has no notebook named {stem}. It has: {', '.join(sorted(by_stem))}."
        )
    handout = by_stem[stem]
    kept = keep_beside(handout.copy) if handout.copy.exists() else None
    fresh = handout.contents()
    write_whole(handout.copy, fresh)
    write_handed_out({**read_handed_out(), handout.name: digest(fresh)})
    return kept


def read_handed_out() -> dict[str, str]:
    """Return the hash of each copy as it was handed out; unreadable notes count as none."""
    try:
        given = json.loads(HANDED_OUT.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return given if isinstance(given, dict) else {}


def write_handed_out(given: dict[str, str]) -> None:
    """Remember the hash of each copy as it was handed out."""
    write_whole(HANDED_OUT, (json.dumps(given, indent=1, sort_keys=True) + "\n").encode())


def digest(contents: bytes) -> str:
    """Return the SHA-256 of the contents, in hexadecimal digits."""
    return hashlib.sha256(contents).hexdigest()
