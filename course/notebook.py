"""What is read from a notebook in plain JSON, without the libraries of Jupyter."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
Cell = dict[str, Any]


def read(path: Path) -> Notebook:
    """Return a notebook of the course as plain data."""
    content: Notebook = json.loads(path.read_text(encoding="utf-8"))
    return content


def tags(cell: Cell) -> list[str]:
    """Return a cell's tags."""
    found: list[str] = cell.get("metadata", {}).get("tags", [])
    return found


def source(cell: Cell) -> str:
    """Return a cell's text: a file has it as one string or as a list of lines."""
    return "".join(cell["source"])


def code_cells(notebook: Notebook) -> list[Cell]:
    """Return the cells that hold code, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def tagged(notebook: Notebook, tag: str) -> Iterator[Cell]:
    """Yield the cells with a tag, in order."""
    return (cell for cell in notebook["cells"] if tag in tags(cell))
