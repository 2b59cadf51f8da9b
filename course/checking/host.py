"""The process that runs a learner's cells.

`python -m course.checking.host NOTEBOOK EXERCISE SEED RESULT`

It runs the cells, observes the answers, and writes the observation to RESULT: on the database
whose URL LANTERN_ELSEWHERE holds, if it holds one.
It judges nothing; whatever the cells do to this process is seen from outside.
"""

import ast
import asyncio
import builtins
import difflib
import inspect
import linecache
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import CodeType
from typing import Any

from course.checking import cell as in_notebook
from course.checking.attempts import describe, line_of_its_own
from course.checking.exercise import Exercise, find
from course.checking.observation import CheckBroken, Missing, Seen, Untouched, to_json
from course.checking.untouched import is_untouched
from course.names import EXERCISE
from course.notebook import Notebook, code_cells, read, source, tags

Space = dict[str, Any]  # what cells have defined, by name
NumberedCell = tuple[int, str]  # its number among the code cells, and its source

# Magics of a whole cell that run it in the notebook; what others do with it leaves nothing there.
RUN_THE_BODY = "time|capture|prun"
ELSEWHERE = "LANTERN_ELSEWHERE"


def main(notebook: str, name: str, seed: str, result: str) -> None:
    """Run the cells that belong to an exercise, observe its answers, and write the result."""
    _, exercise = find(name)
    content = read(Path(notebook))
    with asyncio.Runner() as runner:
        space, errors = run_cells(runner, cells_of(content, exercise.id))
        lacking = what_is_missing(exercise.answers, space, errors)
        url = os.environ.pop(ELSEWHERE, "")
        observation = lacking or observed(runner, exercise, space, int(seed), url)
        # The file appears whole or not at all.
        partial = f"{result}.part"
        Path(partial).write_text(to_json(observation), encoding="utf-8")
        os.replace(partial, result)
        sys.stdout.flush()
        # Threads and tasks that the cells left behind must not keep the process alive.
        os._exit(0)


def what_is_missing(
    answers: Sequence[str], space: Space, errors: Sequence[str]
) -> Missing | Untouched | None:
    """Say which answers are not defined, or that they are stubs; None if all are written."""
    missing = [name for name in answers if name not in space]
    if missing:
        own = [name for name, value in space.items() if callable(value) or name.islower()]
        similar = difflib.get_close_matches(missing[0], own, 1)
        return Missing(tuple(missing), "".join(similar), tuple(errors))
    return Untouched() if any(is_untouched(space[name]) for name in answers) else None


def observed(
    runner: asyncio.Runner, exercise: Exercise, space: Space, seed: int, url: str = ""
) -> Seen | CheckBroken:
    """Observe the answers on the case of a seed; an error that no attempt caught is told.

    So is a loop that was stopped, and what no JSON can hold. With a URL they are observed there,
    for a remark.
    """
    try:
        answers = [space[name] for name in exercise.answers]
        if url:
            from course.checking.elsewhere import observed_there

            work = observed_there(url, exercise, seed, *answers)
        else:
            work = exercise.observed(seed, *answers)
        seen = Seen(runner.run(work), seed)
        to_json(seen)
    except BaseException as error:
        return CheckBroken(describe(error))
    return seen


def run_cells(
    runner: asyncio.Runner, cells: Iterable[NumberedCell], builtins: Any = builtins
) -> tuple[Space, list[str]]:
    """Run cells one after the other, without their calls of check(), with these builtins.

    Return what they defined, and a sentence for each cell that failed.
    """
    in_the_notebook, in_notebook.check = in_notebook.check, _skip_the_check  # type: ignore[assignment]
    space: Space = {"__name__": "__main__", "get_ipython": _Shell, "__builtins__": builtins}
    errors = []
    for number, text in cells:
        name = f"<cell {number}>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        try:
            code = _compiled(text, name)
            runner.run(_evaluate(code, space))
        except SyntaxError as error:
            line = f", line {error.lineno}" if error.lineno else ""
            errors.append(f"{_cell(text)}{line}: SyntaxError: {error.msg}.")
        except BaseException as error:
            where = line_of_its_own(error)
            came = f" It came from {where}." if where else ""
            errors.append(f"{_cell(text)}: {describe(error).rstrip('.')}.{came}")
    in_notebook.check = in_the_notebook
    return space, errors


def _compiled(text: str, name: str) -> Any:
    """Compile a cell, as IPython reads it where it is not Python alone."""
    try:
        return compile(text, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError:
        return compile(plain_python(text), name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def plain_python(text: str) -> str:
    """Return a cell without its magics, as IPython reads it; a line stays in its place."""
    if not re.search("[%!?]", text):
        return text
    # It takes longer to import than most cells to run.
    from IPython.core.inputtransformer2 import TransformerManager

    body = re.sub(rf"\A(\s*)%%(?:{RUN_THE_BODY})\b.*", r"\1pass", text)
    plain: str = TransformerManager().transform_cell(body)  # type: ignore[no-untyped-call]
    return plain


class _Shell:
    """Stands in for IPython's shell: a line of % or ! does nothing, and gives nothing."""

    @staticmethod
    def run_line_magic(*_: object, **__: object) -> None:
        """Do nothing."""

    run_cell_magic = system = run_line_magic

    @staticmethod
    def getoutput(*_: object, **__: object) -> list[str]:
        """Return the output of no command."""
        return []


def _cell(text: str) -> str:
    # JupyterLab numbers cells by when they ran; what a cell begins with is what one sees.
    first = next((line for line in text.splitlines() if line.strip()), "")
    return f"The cell that begins with `{first.strip()[:50]}`"


async def _evaluate(code: CodeType, space: Space) -> None:
    result = eval(code, space)
    if inspect.iscoroutine(result):
        await result


async def _skip_the_check(*_: object) -> None:
    """Stand in for check(): the process that started this one judges."""


def cells_of(notebook: Notebook, exercise: str) -> tuple[NumberedCell, ...]:
    """Return the cells to run for an exercise.

    A cell without our tags is the learner's own and runs too. Checks and the answers to other
    exercises do not.
    """
    chosen = []
    for number, cell in enumerate(code_cells(notebook), 1):
        named, text = tags(cell), source(cell)
        of_others = [tag for tag in named if EXERCISE.fullmatch(tag)]
        if "check" not in named and (exercise in named or not of_others):
            chosen.append((number, text))
    return tuple(chosen)


if __name__ == "__main__":
    main(*sys.argv[1:])
