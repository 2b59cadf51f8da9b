"""The process that runs a learner's cells.

`python -m course.checking.host NOTEBOOK EXERCISE SEED RESULT`

It runs the cells, observes the answers, and writes what it saw to RESULT as JSON.
It judges nothing; whatever the cells do to this process is seen from outside.
"""

import ast
import asyncio
import difflib
import inspect
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course.checking import cell as in_notebook
from course.checking.attempts import describe
from course.checking.exercise import Exercise, find, is_untouched
from course.names import EXERCISE
from course.notebook import code_cells, read, source, tags


def main(notebook: str, name: str, seed: str, result: str) -> None:
    """Run the cells that belong to an exercise, observe its answers, and write the result."""
    _, exercise = find(name)
    content = read(Path(notebook))
    with asyncio.Runner() as runner:
        space, errors = run_cells(runner, cells_of(content, exercise.id))
        seen = what_is_missing(exercise.answers, space)
        if not seen:
            seen = runner.run(observation(exercise, space, int(seed)))
        seen["errors"] = errors
        # The file appears whole or not at all.
        partial = f"{result}.part"
        Path(partial).write_text(json.dumps(seen), encoding="utf-8")
        os.replace(partial, result)
        sys.stdout.flush()
        # Threads and tasks that the cells left behind must not keep the process alive.
        os._exit(0)


def what_is_missing(answers: Sequence[str], space: dict[str, Any]) -> dict[str, Any]:
    """Say which answers are not defined, or that they are stubs; nothing if all are written."""
    missing = [name for name in answers if name not in space]
    if missing:
        own = [name for name, value in space.items() if callable(value) or name.islower()]
        return {"missing": missing, "similar": difflib.get_close_matches(missing[0], own, 1)}
    return {"untouched": True} if any(is_untouched(space[name]) for name in answers) else {}


async def observation(exercise: Exercise, space: dict[str, Any], seed: int) -> dict[str, Any]:
    """Observe the answers on the case of a seed; an error that no attempt caught is told."""
    try:
        answers = [space[name] for name in exercise.answers]
        return {"seen": await exercise.observed(seed, *answers)}
    except BaseException as error:
        return {"broken": describe(error)}


def run_cells(
    runner: asyncio.Runner, cells: list[tuple[int, str]]
) -> tuple[dict[str, Any], list[str]]:
    """Run (number, source) one after the other, without their calls of check().

    Return what they defined, and a sentence for each cell that failed.
    """
    in_notebook.check = _skip_the_check  # type: ignore[assignment]
    space: dict[str, Any] = {"__name__": "__main__"}
    errors = []
    for number, text in cells:
        try:
            code = compile(text, f"<cell {number}>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            runner.run(_evaluate(code, space))
        except SyntaxError as error:
            errors.append(f"{_cell(text)}, line {error.lineno}: SyntaxError: {error.msg}.")
        except BaseException as error:
            errors.append(f"{_cell(text)}: {describe(error)}.")
    return space, errors


def _cell(text: str) -> str:
    # JupyterLab numbers cells by when they ran; what a cell begins with is what one sees.
    first = next((line for line in text.splitlines() if line.strip()), "")
    return f"The cell that begins with `{first.strip()[:50]}`"


async def _evaluate(code: Any, space: dict[str, Any]) -> None:
    result = eval(code, space)
    if inspect.iscoroutine(result):
        await result


async def _skip_the_check(*_: object) -> None:
    """Stand in for check(): the process that started this one judges."""


def cells_of(notebook: dict[str, Any], exercise: str) -> list[tuple[int, str]]:
    """Return (number among the code cells, source) of the cells to run for an exercise.

    Lines for IPython alone (% and !) are left out; a cell without our tags is the learner's
    own and runs too. Checks and the answers to other exercises do not.
    """
    chosen = []
    for number, cell in enumerate(code_cells(notebook), 1):
        named, text = tags(cell), source(cell)
        of_others = [tag for tag in named if EXERCISE.fullmatch(tag)]
        if "check" in named or text.startswith("%%") or (of_others and exercise not in named):
            continue
        chosen.append((number, re.sub(r"(?m)^([ \t]*)[%!].*$", r"\1pass", text)))
    return chosen


if __name__ == "__main__":
    main(*sys.argv[1:])
