"""Run the code of a cell as IPython does: await anywhere, show the value of the last line."""

import ast
import builtins
import inspect
import linecache
import sys
import traceback
import types
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from ipython_pretty import pretty

FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
KEPT = 1000  # runs of cells whose lines a traceback can show; more would fill the memory


class CannotAsk(RuntimeError):
    """A cell wanted to read what somebody types."""


def ask(prompt: object = "", /) -> str:
    """Be input(), which has nobody to ask here; raises CannotAsk."""
    raise CannotAsk(
        "input() cannot ask here. Put the answer into the cell instead: "
        'name = "Mara" where name = input(...) stands.'
    )


class Cells:
    """The cells of one notebook: they share their names."""

    def __init__(self, show: Callable[[dict[str, Any]], None]) -> None:
        self._show = show
        self._count = 0
        self._runs: Counter[int] = Counter()  # by cell
        self._kept: deque[str] = deque()  # names of runs, the oldest first
        module = types.ModuleType("__main__", "The notebook.")
        module.__dict__.update(__builtins__=builtins, display=self._display)
        sys.modules["__main__"] = module
        self._names = module.__dict__

    async def run(self, number: int, source: str) -> bool:
        """Run a cell and show what comes of it; return whether it ended without an error.

        A traceback names it by its number, and by the run if it is not the first: what an earlier
        run defined is shown with the lines that it had.
        """
        self._count += 1
        self._runs[number] += 1
        again = f", run {self._runs[number]}" if self._runs[number] > 1 else ""
        name = f"<cell {number}{again}>"
        self._kept.append(name)
        if len(self._kept) > KEPT:
            linecache.cache.pop(self._kept.popleft(), None)
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        try:
            value = await self._evaluate(source, name)
            if value is not None:
                self._names["_"] = value
                data = {"output_type": "execute_result", "data": bundle(value), "metadata": {}}
                self._show({**data, "execution_count": self._count})
        except BaseException as error:
            self._show(failure(error, name))
            return False
        return True

    async def _evaluate(self, source: str, name: str) -> Any:
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        await self._execute(compile(tree, name, "exec", FLAGS))
        if last is None:
            return None
        value = await self._execute(compile(ast.Expression(last.value), name, "eval", FLAGS))
        return None if source.rstrip().endswith(";") else value

    async def _execute(self, code: types.CodeType) -> Any:
        result = eval(code, self._names)
        return await result if code.co_flags & inspect.CO_COROUTINE else result

    def _display(self, *values: Any) -> None:
        for value in values:
            data = {"output_type": "display_data", "data": bundle(value), "metadata": {}}
            self._show(data)


def is_in_cell(frame: types.FrameType | None) -> bool:
    """Tell whether code of a cell runs here, or what it called does."""
    while frame and not is_of_cell(frame):
        frame = frame.f_back
    return frame is not None


def is_of_cell(frame: types.FrameType) -> bool:
    """Tell whether it is a cell's own code that runs here."""
    return frame.f_globals.get("__name__") == "__main__"


def bundle(value: Any) -> dict[str, Any]:
    """Return a value as it can be shown, by MIME type."""
    if mimebundle := getattr(type(value), "_repr_mimebundle_", None):
        return dict(mimebundle(value))
    shown = {"text/plain": pretty(value)}
    for kind, method in (("text/html", "_repr_html_"), ("image/svg+xml", "_repr_svg_")):
        if representation := getattr(type(value), method, None):
            shown[kind] = representation(value)
    return shown


def end_in_cell(frames: types.TracebackType | None) -> None:
    """Take off a traceback what lies below the last line of a cell."""
    last = frames
    while frames:
        last = frames if is_of_cell(frames.tb_frame) else last
        frames = frames.tb_next
    if last:
        last.tb_next = None


def failure(error: BaseException, name: str) -> dict[str, Any]:
    """Return an error as an output; its traceback begins in the cell.

    That of an interrupt or of input() also ends in a cell: what raised it is not the learner's.
    """
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename != name:
        frames = frames.tb_next
    if isinstance(error, KeyboardInterrupt | CannotAsk):
        end_in_cell(frames)
    lines = traceback.format_exception(type(error), error, frames)
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": str(error),
        "traceback": "".join(lines).splitlines(),
    }
