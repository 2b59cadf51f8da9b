"""Cut the exercises out of the solutions: `python -m tools.cut [--check]`.

Between the marks the answer goes, and `...  # your turn` stays at the same indent. Where the
answer repairs code that is given, that code stands below `# GIVEN` as comments, and is what stays.
Outputs go, and so does every cell tagged `solution`; the title says Exercises.
"""

import argparse
import re
import sys

import nbformat

from course.notebook import tags
from course.project import ROOT
from tools.run import dumps

ANSWER = re.compile(
    r"^(?P<indent>[ \t]*)# BEGIN SOLUTION\n(?:(?!# BEGIN).)*?^[ \t]*# END SOLUTION$",
    re.MULTILINE | re.DOTALL,
)
MARK = re.compile(r"^[ \t]*# (BEGIN|END) SOLUTION\n?", re.MULTILINE)
GIVEN = re.compile(
    r"^[ \t]*# GIVEN\n(?P<lines>.*?)^[ \t]*# END SOLUTION$", re.MULTILINE | re.DOTALL
)


class UnpairedMark(ValueError):
    """A cell has BEGIN SOLUTION without END SOLUTION, or the other way round."""


def cut(solution: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the exercise notebook of a solution notebook."""
    exercise = nbformat.from_dict(solution)
    exercise.cells = [cell for cell in exercise.cells if "solution" not in tags(cell)]
    exercise.cells[0].source = exercise.cells[0].source.replace("# Solutions:", "# Exercises:", 1)
    for cell in exercise.cells:
        if cell.cell_type == "code":
            cell.source = ANSWER.sub(_left, cell.source)
            cell.outputs, cell.execution_count = [], None
            # The page of answers folds them; an exercise has nothing to hide.
            if "hide-input" in tags(cell):
                tags(cell).remove("hide-input")
        if re.search(r"# (BEGIN|END) SOLUTION", cell.source):
            raise UnpairedMark(f"cell {cell.id} has a mark without its partner")
    return exercise


def as_shown(source: str) -> str:
    """Return an answer's code as pages show it: without marks, and without what it repairs."""
    return MARK.sub("", GIVEN.sub("# END SOLUTION", source)).removesuffix("\n")


def _left(answer: re.Match[str]) -> str:
    """Return what stays in the place of an answer: the code that is given, or `your turn`."""
    given = GIVEN.search(answer[0])
    if given is None:
        return f"{answer['indent']}...  # your turn"
    lines = [re.sub(r"^([ \t]*)# ?", r"\1", line) for line in given["lines"].splitlines()]
    return "\n".join(line.rstrip() for line in lines)


def main(check: bool) -> int:
    stale = []
    solutions = sorted((ROOT / "solutions").glob("*.ipynb"))
    for path in solutions:
        target = ROOT / "exercises" / path.name
        text = dumps(cut(nbformat.read(path, as_version=4)))
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        stale.append(target.name)
        if not check:
            target.write_text(text, encoding="utf-8")
    orphans = {path.name for path in (ROOT / "exercises").glob("*.ipynb")} - {
        path.name for path in solutions
    }
    for name in sorted(orphans):
        print(f"exercises/{name} has no solution to be cut from.", file=sys.stderr)
    for name in stale:
        print(f"exercises/{name}: {'differs from its solution' if check else 'cut anew'}")
    if check and stale:
        print("Edit solutions/, then run: python -m tools.cut", file=sys.stderr)
    return 1 if orphans or (check and stale) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail if stale")
    sys.exit(main(parser.parse_args().check))
