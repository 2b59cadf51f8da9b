"""A small kernel: runs the cells of a notebook in order and sends what they print and show.

What it is asked and what it sends are objects in JSON, told apart by their `kind`:

    {"kind": "progress", "lines": ...}  what a learner has done so far; it comes first
    {"kind": "run", "cell": name, "code": source}

    {"kind": "begun", "cell": name}
    {"kind": "output", "cell": name, "output": ...}
    {"kind": "progress", "lines": ...}  what a learner has done by now
    {"kind": "done", "cell": name, "succeeded": whether it ended without an error}

Outputs are as a notebook stores them (nbformat 4), so that a page and a test can treat them like
stored ones.
"""

import asyncio
import contextvars
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bridge

from kernel.cells import Cells

Send = Callable[[str], None]  # takes a message in JSON

WORKSPACE = Path("/workspace")  # in the memory of the browser; course.workspace is told of it
PROGRESS = WORKSPACE / "progress.jsonl"


@dataclass(frozen=True)
class Run:
    """Run this code as the cell of this name."""

    cell: str
    code: str


@dataclass(frozen=True)
class Progress:
    """Begin with these lines of a progress.jsonl."""

    lines: str


def request_of(text: str) -> Run | Progress:
    """Return the request that came as JSON; raises ValueError for one that there is not."""
    match json.loads(text):
        case {"kind": "run", "cell": str(cell), "code": str(code)}:
            return Run(cell, code)
        case {"kind": "progress", "lines": str(lines)}:
            return Progress(lines)
    raise ValueError(f"The kernel knows no such request: {text[:200]}")


class Stream:
    """Standard output or error, sent as it is written."""

    encoding, errors = "utf-8", "strict"

    def __init__(self, name: str, send: Callable[[dict[str, Any]], None]) -> None:
        self._name, self._send = name, send

    def write(self, text: str) -> int:
        """Send the text."""
        if text:
            self._send({"output_type": "stream", "name": self._name, "text": text})
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """No colours: nobody would see them."""
        return False


class Kernel:
    """Runs one cell after another in one loop, whatever is asked meanwhile."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._cell: str | None = None
        self._asked: asyncio.Queue[Run | Progress] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._cells = Cells(self._show)
        sys.stdout, sys.stderr = Stream("stdout", self._show), Stream("stderr", self._show)

    def ask(self, request: str) -> None:
        """Take a request from outside of the loop."""
        self._loop.call_soon_threadsafe(self._asked.put_nowait, request_of(request))

    async def serve(self) -> None:
        """Run what is asked for, for ever."""
        # As in a notebook, a context variable that one cell sets is set in the next.
        context = contextvars.copy_context()
        while True:
            match await self._asked.get():
                case Progress(lines):
                    PROGRESS.write_text(lines, encoding="utf-8")
                case Run(cell, code):
                    self._cell = cell
                    self._post("begun", cell=cell)
                    work = self._cells.run(code)
                    succeeded = await asyncio.create_task(work, name="cell", context=context)
                    if PROGRESS.exists() and (lines := PROGRESS.read_text(encoding="utf-8")):
                        self._post("progress", lines=lines)
                    self._post("done", cell=cell, succeeded=succeeded)

    def _show(self, output: dict[str, Any]) -> None:
        # What a task prints after its cell has ended belongs to the cell that ran last.
        self._post("output", cell=self._cell, output=output)

    def _post(self, kind: str, **fields: Any) -> None:
        self._send(json.dumps({"kind": kind, **fields}))


def main(send: Send, ready: Callable[[Callable[[str], None]], None]) -> None:
    """Serve for ever; `ready` gets the function that takes requests."""
    WORKSPACE.mkdir(exist_ok=True)
    os.chdir(WORKSPACE)

    async def serve() -> None:
        kernel = Kernel(send)
        ready(kernel.ask)
        await kernel.serve()

    bridge.run(serve())
