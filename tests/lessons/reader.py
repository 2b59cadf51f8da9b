"""Reads a lesson as its readers do: cell after cell, and makes the changes that it asks for."""

import html
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.browser.stored import difference

ASKED = "**Change one thing.**"
FOLD = re.compile(r"(?s)<details><summary>What to expect</summary>(.*?)</details>")


@dataclass(frozen=True)
class Change:
    """What a reader does at a *Change one thing*, and what must come of it.

    It is made where a reader makes it: below the lesson that has run so far, in the same kernel,
    and whoever goes on does so with what it left behind.
    """

    expects: dict[str, str]  # words of *What to expect*, and what the outputs must say for them
    edits: dict[str, dict[str, str]] = field(default_factory=dict)  # a cell: old text, new text
    again: tuple[str, ...] = ()  # cells that are run once more as they are
    adds: tuple[str, ...] = ()  # cells that the reader writes, or that look where eyes would
    never: tuple[str, ...] = ()  # what no output may say
    from_the_top: bool = False  # run everything down to here, in a kernel of its own
    put_back: bool = False  # the text asks for the old cells before one goes on


@dataclass(frozen=True)
class Outcome:
    """What cells said, a line for each, and the errors among it."""

    said: str
    errors: tuple[str, ...]


def asked_in(notebook: Path) -> dict[str, str]:
    """Return, by the id of its cell, the text of each *Change one thing* of a lesson."""
    return {
        cell.id: ASKED + cell.source.partition(ASKED)[2]
        for cell in nbformat.read(notebook, as_version=4).cells
        if cell.cell_type == "markdown" and ASKED in cell.source
    }


def misplaced(change: Change, notebook: Path) -> Iterator[str]:
    """Yield a sentence for each cell or text of a change that the lesson has not, or has twice."""
    sources = {cell.id: cell.source for cell in nbformat.read(notebook, as_version=4).cells}
    for name in (*change.edits, *change.again):
        if name not in sources:
            yield f"{notebook.name} has no cell {name}."
    for name, edit in change.edits.items():
        for old in edit:
            if name in sources and (count := sources[name].count(old)) != 1:
                yield f"{old!r} stands {count} times in cell {name}; an edit needs it there once."


def unkept(change: Change, asked: str, outcome: Outcome) -> Iterator[str]:
    """Yield a sentence for whatever a change and its *What to expect* do not agree in."""
    fold = FOLD.search(asked)
    promises = _plain(fold[1]) if fold else ""
    for promise, word in change.expects.items():
        if _plain(promise) not in promises:
            yield f"*What to expect* does not say {promise!r}; it says: {promises}"
        if _plain(word) not in outcome.said:
            yield f"For {promise!r} the outputs must say {word!r}; they say: {outcome.said}"
    for word in change.never:
        if _plain(word) in outcome.said:
            yield f"The outputs must not say {word!r}; they say: {outcome.said}"
    for error in outcome.errors:
        if not any(_plain(word) in error for word in change.expects.values()):
            yield f"An error came that *What to expect* does not name: {error}"


def read_through(
    notebook: Path, changes: dict[str, Change], left_out: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Read a lesson to its end, and make each change where it is asked for.

    Return, by cell, sentences on what is not as promised: of a change, what it does beside its
    *What to expect*; of a cell below the first change, what its page does not show. A cell that
    fails ends the reading.
    """
    asked = asked_in(notebook)
    problems: dict[str, list[str]] = {}
    made: list[str] = []

    def make(lesson: "_Lesson", name: str) -> None:
        outcome = lesson.make(name, changes[name])
        problems[name] = list(unkept(changes[name], asked[name], outcome))
        made.append(name)

    for name in (name for name, change in changes.items() if change.from_the_top):
        with _opened(notebook) as lesson:
            make(lesson, name)
    with _opened(notebook) as lesson:
        for cell in lesson.cells:
            if cell.id in changes and cell.id not in made:
                make(lesson, cell.id)
            elif cell.cell_type == "code" and cell.id not in left_out:
                stored = cell.outputs
                if errors := lesson.run([cell]).errors:
                    told = f"After {', '.join(made) or 'no change'}, {cell.id} fails: {errors[0]}"
                    unread = {name: [told] for name in changes if name not in made}
                    return problems | unread | {cell.id: [told]}
                if made and (told := difference(cell.outputs, stored)):
                    problems[cell.id] = [f"After {', '.join(made)}, {cell.id} differs: {told}"]
    return {name: told for name, told in problems.items() if told}


def at_the_end(notebook: Path, cells: Iterable[str]) -> list[Outcome]:
    """Read a lesson down to where it puts its things away, and return what further cells say."""
    with _opened(notebook) as lesson:
        *before, _ = (cell for cell in lesson.cells if cell.cell_type == "code")
        lesson.run(before)
        return [lesson.run([new_code_cell(cell)]) for cell in cells]


@contextmanager
def _opened(notebook: Path) -> Iterator["_Lesson"]:
    """A lesson in a kernel of its own, of which no cell has run."""
    content = nbformat.read(notebook, as_version=4)
    where = {"metadata": {"path": str(notebook.parent)}}
    client = NotebookClient(content, timeout=60, allow_errors=True, resources=where)
    with client.setup_kernel():
        yield _Lesson(client, tuple(content.cells))


@dataclass(frozen=True)
class _Lesson:
    client: NotebookClient
    cells: tuple[NotebookNode, ...]

    def make(self, asked: str, change: Change) -> Outcome:
        """Edit the cells of a change, run them in the order of the lesson, then what it adds.

        Return what they say.
        """
        place = [cell.id for cell in self.cells].index(asked)
        touched = {*change.edits, *change.again}
        before = [cell for cell in self.cells[:place] if cell.id in touched]
        if change.from_the_top:
            first = self.cells.index(before[0])
            self.run(self.cells[:first])
            before = list(self.cells[first:place])
        after = [_edited(cell, change.edits.get(cell.id, {})) for cell in before]
        outcome = self.run([*after, *map(new_code_cell, change.adds)])
        if change.put_back:
            self.run(_edited(cell, {}) for cell in before)
        return outcome

    def run(self, cells: Iterable[NotebookNode]) -> Outcome:
        """Run cells and return what they say: a line for each, in which spaces are one."""
        lines, errors = [], []
        for cell in cells:
            outputs = self.client.execute_cell(cell, 0).get("outputs", [])
            lines.append(_plain(" ".join(map(_text, outputs))))
            errors += [_plain(_text(each)) for each in outputs if each.output_type == "error"]
        return Outcome("\n".join(lines), tuple(errors))


def _edited(cell: NotebookNode, edits: dict[str, str]) -> NotebookNode:
    copy = nbformat.from_dict(cell)
    for old, new in edits.items():
        copy.source = copy.source.replace(old, new)
    return copy


def _text(output: NotebookNode) -> str:
    """What an output says; a picture is told in words behind its drawing."""
    match output.output_type:
        case "stream":
            return output.text
        case "error":
            return f"{output.ename}: {output.evalue}"
    drawn = re.sub(r"(?s)<style.*?</style>|<[^>]*>", " ", output.data.get("text/html", ""))
    return f"{output.data['text/plain']} {html.unescape(drawn)}"


def _plain(text: str) -> str:
    return " ".join(text.split())
