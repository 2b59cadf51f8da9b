"""Run notebooks in fresh kernels and store their outputs: `python -m tools.run [notebook …]`.

The file holds nothing that changes from run to run: running twice changes no byte.
"""

import argparse
import configparser
import json
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from course.project import ROOT
from course.setup.environment import leave_out_colours, put_first

FOLDERS = ("notebooks", "solutions")
SANITIZE = ROOT / "tests" / "sanitize.cfg"


def dumps(notebook: nbformat.NotebookNode) -> str:
    """Return the one text that a notebook of this course has on disk."""
    return nbformat.writes(notebook, version=4) + "\n"


def run(path: Path) -> bool:
    """Run one notebook, store its outputs, and tell whether the file changed.

    Raises CellExecutionError for an error in a cell that is not tagged raises-exception;
    the file then stays as it was.
    """
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=60,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    _keep_what_says_the_same(nbformat.reads(before, as_version=4), notebook)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    after = dumps(notebook)
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after != before


def _keep_what_says_the_same(before: nbformat.NotebookNode, after: nbformat.NotebookNode) -> None:
    """Put back each stored output that differs only in what nbval is told to overlook."""
    stored = {(cell.id, cell.source): cell.get("outputs", []) for cell in before.cells}
    for cell in after.cells:
        known = stored.get((cell.id, cell.source), [])
        if known and _told(known) == _told(cell.outputs):
            cell.outputs = known


def _told(outputs: list[nbformat.NotebookNode]) -> str:
    text = json.dumps(outputs, sort_keys=True, ensure_ascii=False)
    rules = configparser.ConfigParser(interpolation=None)
    rules.read(SANITIZE, encoding="utf-8")
    for rule in rules.sections():
        # In JSON a quotation mark stands behind a backslash.
        pattern = rules[rule]["regex"].replace('"', r'\\"')
        text = re.sub(pattern, rules[rule]["replace"], text)
    return text


def main(paths: list[Path]) -> int:
    failed = 0
    put_first()
    leave_out_colours()
    for path in paths:
        try:
            changed = run(path)
        except CellExecutionError as error:
            failed += 1
            print(f"{path.name}: a cell failed, the file is unchanged.\n{error}", file=sys.stderr)
        else:
            print(f"{path.name}: {'stored new outputs' if changed else 'unchanged'}")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="*", type=Path)
    chosen = parser.parse_args().notebook
    every = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]
    sys.exit(main(chosen or every))
