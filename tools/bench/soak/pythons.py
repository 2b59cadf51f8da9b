"""The Pythons that cells are run in: one in a page of Chromium, and this machine's."""

import ast
import asyncio
import importlib.util
import io
import json
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import psutil
from IPython.lib import pretty
from playwright.sync_api import Browser, sync_playwright

from tools.browser.packages import BROWSER
from tools.browser.runtime import runtime
from tools.driver.chromium import launch
from tools.driver.hosting import served
from tools.driver.live import LiveKernel, add_to_script, kernel_site, text_of

Run = Callable[[str], list[dict]]  # runs a cell and returns its outputs
Figures = dict[str, int]

# How large the memory is, and what malloc has given out of it: a field of struct mallinfo.
MEMORY = """
from pyodide_js import _module
if "place" not in globals():
    place = _module._malloc(40)
_module._mallinfo(place)
_module.HEAP8.length, _module.HEAPU32[place // 4 + 7]"""
# stacks.mjs, a part of worker.mjs, shows nobody who waits.
SHOW_WAITING = "\nself.waiting = waiting;\n"


def value_of(run: Run, code: str) -> Any:
    """Return the plain value of the last line of a cell."""
    return ast.literal_eval(text_of(run(code)))


class Watched:
    """A page whose Python runs in a worker, and what is known of the worker from outside."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._page = browser.new_page()
        add_to_script(self._page, "worker.mjs", after=SHOW_WAITING)
        self.run = LiveKernel(self._page, address).run
        self.run("None")
        self._tools = self._page.context.new_cdp_session(self._page)
        self._answers: list[dict] = []
        attached: list[str] = []
        self._tools.on(
            "Target.receivedMessageFromTarget",
            lambda told: self._answers.append(json.loads(told["message"])),
        )
        self._tools.on("Target.attachedToTarget", lambda told: attached.append(told["sessionId"]))
        every = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
        self._tools.send("Target.setAutoAttach", every)
        self._wait(lambda: attached)
        self._worker = attached[0]
        self._process = renderer_of(browser)

    def figures(self) -> Figures:
        """Return the bytes of memory, and how many stacks wait."""
        self.run("gc.collect()")
        self._ask("HeapProfiler.collectGarbage")
        heap = self._ask("Runtime.getHeapUsage")
        total, used = value_of(self.run, MEMORY)
        return {
            "WebAssembly bytes": total,
            "of these in use": used,
            "JavaScript bytes": int(heap["usedSize"]),
            "bytes of files and buffers": int(heap["backingStorageSize"]),
            "waiting stacks": self._page.workers[0].evaluate("waiting.size"),
            "resident bytes": self._process.memory_info().rss,
        }

    def _ask(self, method: str) -> dict:
        self._answers.clear()
        message = json.dumps({"id": 1, "method": method})
        self._tools.send(
            "Target.sendMessageToTarget", {"sessionId": self._worker, "message": message}
        )
        answered = lambda: [each for each in self._answers if each.get("id") == 1]  # noqa: E731
        self._wait(answered)
        return answered()[0]["result"]

    def _wait(self, ready: Callable[[], object]) -> None:
        while not ready():
            self._page.evaluate("() => new Promise(requestAnimationFrame)")


def renderer_of(browser: Browser) -> psutil.Process:
    """Return the process of the page: the one that is largest now that its Python has started."""
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    ours = [
        psutil.Process(each["id"]) for each in told["processInfo"] if each["type"] == "renderer"
    ]
    return max(ours, key=lambda process: process.memory_info().rss)


@contextmanager
def in_chromium() -> Iterator[tuple[Run, Callable[[], Figures]]]:
    """What runs a cell in Chromium, and what looks at its memory."""
    with (
        tempfile.TemporaryDirectory() as folder,
        kernel_site(runtime(), Path(folder)) as site,
        served(site) as address,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        watched = Watched(browser, address)
        yield watched.run, watched.figures


@contextmanager
def here() -> Iterator[tuple[Run, Callable[[], Figures]]]:
    """What runs a cell on this Python, as the kernel in the browser does, and looks at it."""
    warnings.simplefilter("ignore")
    sys.modules["ipython_pretty"] = pretty
    spec = importlib.util.spec_from_file_location("cells", BROWSER / "kernel" / "cells.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    outputs: list[dict] = []
    cells = module.Cells(outputs.append)
    process = psutil.Process()
    with asyncio.Runner() as runner:

        def run(source: str) -> list[dict]:
            outputs.clear()
            with redirect_stdout(io.StringIO()):
                runner.run(cells.run(1, source))
            return list(outputs)

        yield run, lambda: {"resident bytes": process.memory_info().rss}
