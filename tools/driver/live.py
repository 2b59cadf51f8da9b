"""A kernel in a page of its own, for tests that look at what Python does there."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route

from tools.driver.firefox import FirefoxPage

PATIENCE = 120.0  # seconds for one cell on a busy machine
NO_PROMISE_INTEGRATION = "delete WebAssembly.Suspending; delete WebAssembly.promising;\n"
# Ends when Python's memory is kept, with its name. Chromium shows another while it is written.
KEPT = """async () => {
    for (;;) {
        for await (const file of (await navigator.storage.getDirectory()).values())
            if (!file.name.endsWith(".crswap") && (await file.getFile()).size) return file.name;
        await new Promise((go) => setTimeout(go, 100));
    }
}"""
# Ends when the book is kept, and the page has the service worker that answers from it.
KEPT_OFFLINE = """async () => {
    const kept = await navigator.serviceWorker.ready;
    await new Promise((done) => {
        const look = () => kept.active?.state === "activated" && navigator.serviceWorker.controller
            ? done() : setTimeout(look, 50);
        look();
    });
}"""
PAGE = """<!doctype html><title>A kernel</title><script type="module">
  window.heard = [];
  const worker = new Worker("live/NAME/worker.mjs", {type: "module"});
  worker.onmessage = ({data}) => heard.push(data);
  worker.onerror = (event) => heard.push({kind: "failed", reason: event.message});
  window.ask = (request) => worker.postMessage(request);
</script>"""


PIECE = 30_000  # characters; a run shows more of its beginning than that


class LiveKernel:
    """Runs cells in the worker of a page and returns their outputs as a notebook has them."""

    def __init__(self, page: Page | FirefoxPage, address: str) -> None:
        self.page = page
        self._runs = 0
        page.goto(f"{address}/kernel.html")
        page.wait_for_function("() => window.ask !== undefined")

    def run(self, source: str, name: str = "cell", patience: float = PATIENCE) -> list[dict]:
        """Run a cell to its end; fails if Python does."""
        self._runs += 1
        number = self._runs
        request = {"kind": "run", "run": number, "cell": 1, "code": source}
        self.page.evaluate("(request) => ask(request)", request)
        outputs: list[dict] = []
        for message in self._messages(patience):
            match message:
                case {"kind": "failed", "reason": reason}:
                    raise AssertionError(f"Python in the browser failed: {reason}")
                case {"kind": "output", "run": run, "output": output} if run == number:
                    outputs.append(output)
                case {"kind": "done"}:
                    return outputs
        raise AssertionError(f"No end of {name} within {patience:.0f} s; so far: {outputs}")

    def text(self, name: str) -> str:
        """A text that Python has under a name, in pieces: of what a cell prints there is an end."""
        size = int(text_of(self.run(f"print(len({name}))")))
        pieces = (f"print({name}[{at}:{at + PIECE}], end='')" for at in range(0, size, PIECE))
        return "".join(text_of(self.run(piece)) for piece in pieces)

    def _messages(self, patience: float) -> Iterator[dict]:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.page.wait_for_function("() => heard.length", timeout=patience * 1000)
            yield from self.page.evaluate("() => heard.splice(0)")


def add_to_script(
    pages: BrowserContext | Page, script: str, before: str = "", after: str = ""
) -> None:
    """Let pages find more in a script of the site than it has."""

    def fulfill(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=before + response.text() + after)

    pages.route(f"**/{script}", fulfill)


def forbid_waiting(context: BrowserContext) -> None:
    """Make a browser one without Promise Integration: Chromium has no switch for it."""
    add_to_script(context, "{runner,worker}.mjs", before=NO_PROMISE_INTEGRATION)


@contextmanager
def kernel_site(runtime: Path, folder: Path) -> Iterator[Path]:
    """A folder to serve: the runtime as live/, and a page that starts a kernel."""
    (folder / "live").symlink_to(runtime, target_is_directory=True)
    (worker,) = runtime.glob("*/worker.mjs")
    (folder / "kernel.html").write_text(PAGE.replace("NAME", worker.parent.name), "utf-8")
    yield folder


def text_of(outputs: list[dict]) -> str:
    """What a cell printed, with the text of its value or error."""
    parts = []
    for output in outputs:
        data = output.get("data", {}).get("text/plain")
        parts.append(output.get("text") or data or "\n".join(output.get("traceback", [])))
    return "".join(parts)


def printed_json(outputs: list[dict]) -> object:
    """The JSON that a cell printed last."""
    return json.loads(text_of(outputs).strip().splitlines()[-1])
