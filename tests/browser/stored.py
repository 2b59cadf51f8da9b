"""Compare what a cell shows with what its notebook stores, by the rules of nbval."""

import re
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import nbformat
from nbval.plugin import IPyNbCell, coalesce_streams, get_sanitize_patterns, nocolors

from course.notebook import tags

SANITIZE = Path(__file__).parent.parent / "sanitize.cfg"
# nbval's own list: what two runs of one notebook may differ in.
OVERLOOKED = (
    *("metadata", "traceback", "text/latex", "prompt_number", "output_type", "name"),
    *("execution_count", "application/vnd.jupyter.widget-view+json", "image/png", "image/jpeg"),
)

# What lessons say beside the seconds that they measured: when it took long, and when it did not.
SLOW = {
    "frozen": "free",
    "late": "in time",
    "one after the other": "side by side",
    "as long as both": "as long as the longer wait",
}
READING = re.compile(rf"\b(?:{'|'.join((*SLOW, *SLOW.values()))})(?=: ≈|[;>'])")


class ComparedCell:
    """nbval's comparison, without the pytest session that its cells live in."""

    compare_outputs, sanitize = IPyNbCell.compare_outputs, IPyNbCell.sanitize

    def __init__(self) -> None:
        patterns = dict(get_sanitize_patterns(SANITIZE.read_text("utf-8")))
        self.parent = SimpleNamespace(sanitize_patterns=patterns, skip_compare=OVERLOOKED)
        self.colors = nocolors
        self.difference = ""

    def format_output_compare(self, key: str, left: object, right: object) -> None:
        """Keep what differs."""
        self.difference = f"{key}: stored {left!r}, and now {right!r}"


def difference(shown: list[dict], stored: list[dict]) -> str:
    """What differs between the outputs of a cell and those stored, or an empty string."""
    cell = ComparedCell()
    left, right = (
        coalesce_streams([nbformat.from_dict(output) for output in outputs])
        for outputs in (shown, stored)
    )
    if cell.compare_outputs(left, right):
        return ""
    return cell.difference or " ".join(map(str, cell.comparison_traceback))


def on_a_free_machine(shown: list[dict], stored: list[dict]) -> list[dict]:
    """The outputs shown, with what looked slow as quick as it is stored, and not the reverse.

    A browser says nothing of processor time: there, a machine that is busy looks like a freeze.
    """
    told = iter(READING.findall(" ".join(data[kind] for data, kind in _texts(stored))))

    def calmer(seen: re.Match[str]) -> str:
        due = next(told, "")
        return due if SLOW.get(seen[0]) == due else seen[0]

    shown = deepcopy(shown)
    for data, kind in _texts(shown):
        data[kind] = READING.sub(calmer, data[kind])
    return shown


def _texts(outputs: list[dict]) -> Iterator[tuple[dict, str]]:
    """Where the plain text of outputs stands: the dictionary and its key."""
    for output in outputs:
        data = output.get("data", output)
        yield from ((data, kind) for kind in ("text", "text/plain") if kind in data)


def code_cells(notebook: Path) -> dict[str, dict]:
    """The code cells of a notebook by their ids."""
    cells = nbformat.read(notebook, as_version=4).cells
    return {cell.id: cell for cell in cells if cell.cell_type == "code"}


def tagged(tag: str, folder: Path) -> dict[str, list[str]]:
    """The ids of the cells with a tag, by notebook."""
    found = defaultdict(list)
    for path in sorted(folder.glob("*.ipynb")):
        for name, cell in code_cells(path).items():
            if tag in tags(cell):
                found[path.stem].append(name)
    return dict(found)
