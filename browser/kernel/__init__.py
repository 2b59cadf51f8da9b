"""A small kernel: runs the cells of a notebook in order and sends what they print and show.

What it is asked and what it sends are objects in JSON, told apart by their `kind`:

    {"kind": "progress", "lines": ...}  what a learner has done so far; it comes first
    {"kind": "run", "run": number, "cell": number on the page, "code": source}
    {"kind": "stop", "run": number}  end it, and leave what Python knows

    {"kind": "begun", "run": number}
    {"kind": "output", "run": number, "output": ...}
    {"kind": "progress", "lines": ...}  what a learner has done by now
    {"kind": "done", "run": number, "succeeded": whether it ended without an error}

Outputs are as a notebook stores them (nbformat 4), so that a page and a test can treat them like
stored ones. What is printed goes another way, for it may be much: `write(number, stream, text)`.

Whoever asks numbers the runs. What a task shows belongs to the run that started it, also when
that has ended and while another one goes on: tasks, callbacks and asyncio's threads take the
number along in their context. A thread that has no context of a run shows what it shows in the
run that began last.
"""

import asyncio
import builtins
import contextvars
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import bridge
from bridge import stacks

from kernel.cells import Cells, ask, is_in_cell

Send = Callable[[str], None]  # takes a message in JSON
Write = Callable[[int, str, str], None]  # takes a run, the name of a stream, and a text

WORKSPACE = Path("/workspace")  # in the memory of the browser; course.workspace is told of it
PROGRESS = WORKSPACE / "progress.jsonl"
BRIEF = 0.1  # seconds that another task than the cell's may hold up its end
RUN: contextvars.ContextVar[int] = contextvars.ContextVar("run")  # the run that this code is of


@dataclass(frozen=True)
class Run:
    """Run this code, as the run of this number."""

    number: int
    cell: int
    code: str


@dataclass(frozen=True)
class Stop:
    """End the run of this number; it may be over."""

    number: int


@dataclass(frozen=True)
class Progress:
    """Begin with these lines of a progress.jsonl."""

    lines: str


def request_of(text: str) -> Run | Stop | Progress:
    """Return the request that came as JSON; raises ValueError for one that there is not."""
    match json.loads(text):
        case {"kind": "run", "run": int(number), "cell": int(cell), "code": str(code)}:
            return Run(number, cell, code)
        case {"kind": "stop", "run": int(number)}:
            return Stop(number)
        case {"kind": "progress", "lines": str(lines)}:
            return Progress(lines)
    raise ValueError(f"The kernel knows no such request: {text[:200]}")


class Stream:
    """Standard output or error: each text is handed on as it is written."""

    encoding, errors = "utf-8", "strict"

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def write(self, text: str) -> int:
        """Hand the text on."""
        if text:
            self._write(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """No colours: nobody would see them."""
        return False


class Kernel:
    """Runs one cell after another in one loop, whatever is asked meanwhile."""

    def __init__(self, send: Send, write: Write) -> None:
        self._send = send
        self._last = 0  # the run that began last
        self._task: asyncio.Task[bool] | None = None  # of that run
        self._told = 0  # the last run that was told to end
        self._noticed = 0, 0.0  # the last that another task heard of, and when
        self._asked: asyncio.Queue[Run | Progress] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._cells = Cells(self._show)
        builtins.input = ask
        signal.signal(signal.SIGINT, self._interrupt)
        sys.stdout = Stream(lambda text: write(self._shown_by(), "stdout", text))
        sys.stderr = Stream(lambda text: write(self._shown_by(), "stderr", text))

    def ask(self, request: str) -> None:
        """Take a request from outside of the loop."""
        match request_of(request):
            case Stop(number):
                stacks.page().setEnding(number)
                self._loop.call_soon_threadsafe(self._cancel)
                stacks.interrupt()
            case asked:
                self._loop.call_soon_threadsafe(self._asked.put_nowait, asked)

    async def serve(self) -> None:
        """Run what is asked for, for ever."""
        # As in a notebook, a context variable that one cell sets is set in the next.
        context = contextvars.copy_context()
        while True:
            match await self._asked.get():
                case Progress(lines):
                    PROGRESS.write_text(lines, encoding="utf-8")
                case Run(number, cell, code):
                    self._last = number
                    context.run(RUN.set, number)
                    self._post("begun", run=number)
                    work = self._cells.run(cell, code)
                    self._task = asyncio.create_task(work, name="cell", context=context)
                    self._loop.call_soon(self._cancel)  # it may have been told to end by now
                    await asyncio.wait([self._task])
                    succeeded = not self._task.cancelled() and self._task.result()
                    if PROGRESS.exists() and (lines := PROGRESS.read_text(encoding="utf-8")):
                        self._post("progress", lines=lines)
                    self._post("done", run=number, succeeded=succeeded)

    def _cancel(self) -> None:
        if self._tells_to_end():
            self._task.cancel()

    def _interrupt(self, _signal: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt in the learner's code; the signal comes again until it is there.

        Another task than the cell's may be about to give way, and then the cell is cancelled. One
        that is not ends so, and the cell after it.
        """
        if not is_in_cell(frame):
            return
        if asyncio.current_task(self._loop) is self._task:
            if self._tells_to_end():
                raise KeyboardInterrupt
        elif self._holds_up_others() and self._tells_to_end():
            self._loop.call_soon_threadsafe(self._task.cancel)
            raise KeyboardInterrupt

    def _holds_up_others(self) -> bool:
        number, now = stacks.page().ending(), time.monotonic()
        if self._noticed[0] != number:
            self._noticed = number, now
        return now - self._noticed[1] > BRIEF

    def _tells_to_end(self) -> bool:
        """Tell whether the run that goes is to end and has not been told so; now it has."""
        number = stacks.page().ending()
        if number > self._last:  # it is about to begin
            return False
        stacks.page().setEnding(0)
        tells = number == self._last != self._told and not self._task.done()
        self._told = number
        return tells

    def _shown_by(self) -> int:
        return RUN.get(self._last)

    def _show(self, output: dict[str, Any]) -> None:
        self._post("output", run=self._shown_by(), output=output)

    def _post(self, kind: str, **fields: Any) -> None:
        self._send(json.dumps({"kind": kind, **fields}))


def main(send: Send, write: Write, ready: Callable[[Callable[[str], None]], None]) -> None:
    """Serve for ever; `ready` gets the function that takes requests."""
    WORKSPACE.mkdir(exist_ok=True)
    os.chdir(WORKSPACE)

    async def serve() -> None:
        kernel = Kernel(send, write)
        ready(kernel.ask)
        await kernel.serve()

    bridge.run(serve())
