"""A small kernel: runs the cells of a notebook in order and sends what they print and show.

What it sends are outputs as a notebook stores them (nbformat 4), so that a page and a test can
treat them like stored ones.
"""

import asyncio
import contextvars
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bridge

from kernel.cells import Cells

Send = Callable[[str], None]  # takes a message in JSON

WORKSPACE = Path("/workspace")  # in the memory of the browser; course.workspace is told of it
PROGRESS = WORKSPACE / "progress.jsonl"


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
        self._post = lambda **message: send(json.dumps(message))
        self._cell: str | None = None
        self._asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._cells = Cells(self._show)
        sys.stdout, sys.stderr = Stream("stdout", self._show), Stream("stderr", self._show)

    def ask(self, request: str) -> None:
        """Take a request from outside of the loop.

        {"cell": name, "code": source} runs a cell; {"progress": lines} is what a learner has
        done so far, and comes first.
        """
        self._loop.call_soon_threadsafe(self._asked.put_nowait, json.loads(request))

    async def serve(self) -> None:
        """Run what is asked for, for ever."""
        # As in a notebook, a context variable that one cell sets is set in the next.
        context = contextvars.copy_context()
        while True:
            request = await self._asked.get()
            if "progress" in request:
                PROGRESS.write_text(request["progress"], encoding="utf-8")
                continue
            self._cell = request["cell"]
            self._post(begun=self._cell)
            work = self._cells.run(request["code"])
            succeeded = await asyncio.create_task(work, name="cell", context=context)
            if PROGRESS.exists():
                self._post(progress=PROGRESS.read_text(encoding="utf-8"))
            self._post(done=self._cell, succeeded=succeeded)

    def _show(self, output: dict[str, Any]) -> None:
        # What a task prints after its cell has ended belongs to the cell that ran last.
        self._post(cell=self._cell, output=output)


def main(send: Send, ready: Callable[[Callable[[str], None]], None]) -> None:
    """Serve for ever; `ready` gets the function that takes requests."""
    WORKSPACE.mkdir(exist_ok=True)
    os.chdir(WORKSPACE)

    async def serve() -> None:
        kernel = Kernel(send)
        ready(kernel.ask)
        await kernel.serve()

    bridge.run(serve())
