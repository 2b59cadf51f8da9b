"""How long a reader waits for a lesson's first answer from the database, beside JupyterLite.

Both run one lesson in Chromium, from one kind of host: like GitHub Pages it compresses what
compressing makes smaller, lets a browser keep each file for ten minutes, and after that answers by
ETag, with 304 where nothing changed. The first visit of a round is made with a browser that nobody
has used, the second in a new tab of it, after the book and its snapshot have been kept. Ours
begins with the click on "Start Python here" in a page that was read, JupyterLite's with the
opening of its page. Both then run all cells by clicks, as early as they can, and end when the page
shows the answer that the notebook stores. Bytes are counted by the host, with their headers, so
that no worker's are missed; no other host can be reached.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext, Page, Playwright, TimeoutError, sync_playwright

from course.project import ROOT
from tools.bench.jupyterlite import build as build_jupyterlite
from tools.bench.measure import Row
from tools.browser.__main__ import build as build_book
from tools.driver.chromium import BROWSER_ARGUMENTS
from tools.driver.hosting import GzipHandler, contents, served
from tools.driver.live import KEPT, KEPT_OFFLINE

LESSON = ROOT / "notebooks" / "ch00a_five_minutes.ipynb"
CELL = "ch00a-24"  # makes the lesson's first request
ROUNDS = 5
PATIENCE = 180_000  # milliseconds for an answer on a busy machine
LOOK = 20  # milliseconds from one look at the page to the next; to look at each frame costs frames
ONLY_THIS_HOST = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
SCREEN = {"width": 1280, "height": 6000}  # JupyterLite draws only the cells in sight
SHOWN = """([outputs, answer]) => [...document.querySelectorAll(outputs)]
    .some((output) => output.innerText.trim() === answer)"""


class Host(GzipHandler):
    """A static host that lets files be kept for a while, and writes down how much it sends."""

    sent: list[int]
    lifetime = 600  # seconds for which a browser need not ask again

    def send_head(self) -> BytesIO | None:
        """Send the file that is asked for, or that it is still the same."""
        if self.headers.get("If-None-Match") != self._tag():
            return super().send_head()
        self.send_response(304)
        self.end_headers()
        return None

    def end_headers(self) -> None:
        """Tell how long the file may be kept, and what to ask for it by."""
        self.send_header("Cache-Control", f"max-age={self.lifetime}")
        self.send_header("ETag", self._tag())
        super().end_headers()

    def flush_headers(self) -> None:
        """Count them, and send them."""
        self.sent.append(sum(map(len, self._headers_buffer)))
        super().flush_headers()

    def copyfile(self, source: BytesIO, outputfile: object) -> None:
        """Count it, and send it."""
        self.sent.append(len(source.getbuffer()))
        super().copyfile(source, outputfile)

    def _tag(self) -> str:
        path = Path(self.translate_path(self.path))
        return f'"{path.stat().st_mtime_ns:x}"' if path.exists() else '""'


@dataclass(frozen=True)
class Visit:
    """Seconds to the answer, the bytes that were sent until then, and those after it."""

    seconds: float
    bytes: int
    bytes_after: int


@dataclass(frozen=True)
class Reader:
    """Somebody with a browser of their own, and the host that they read from."""

    context: BrowserContext
    address: str
    sent: list[int]

    def visit(self, answer: Callable[[Page, str], float], keep: Callable[[Page], object]) -> Visit:
        """Come to the answer in a new tab, and close it when all is kept that should be."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        before = sum(self.sent)
        seconds = answer(page, self.address)
        until = sum(self.sent)
        keep(page)
        page.close()
        return Visit(seconds, until - before, sum(self.sent) - until)


@contextmanager
def reader(playwright: Playwright, site: Path) -> Iterator[Reader]:
    """A reader of a site whose browser nobody has used."""
    host = type("CountingHost", (Host,), {"sent": []})
    with (
        tempfile.TemporaryDirectory() as profile,  # on disk, as readers have it
        served(site, host=host) as address,
        playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), viewport=SCREEN,
            args=[*BROWSER_ARGUMENTS, ONLY_THIS_HOST],
        ) as context,
    ):  # fmt: skip
        yield Reader(context, address, host.sent)


def answer_of_lantern(page: Page, address: str) -> float:
    """Return the seconds from the click on a lesson's button to its answer."""
    page.goto(f"{address}/notebooks/{LESSON.stem}.html", wait_until="networkidle")
    began = time.perf_counter()
    page.locator(".live-open").click()
    wait_for_answer(page, ".live-output .output", page.get_by_role("button", name="Run all").click)
    return time.perf_counter() - began


def answer_of_jupyterlite(page: Page, address: str) -> float:
    """Return the seconds from opening the notebook's page to its answer."""

    def run_all() -> None:
        page.locator(".lm-MenuBar-itemLabel", has_text="Run").click()
        page.get_by_text("Run All Cells", exact=True).click()

    began = time.perf_counter()
    page.goto(f"{address}/notebooks/index.html?path={LESSON.name}")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    wait_for_answer(page, ".jp-OutputArea-output", run_all)
    return time.perf_counter() - began


def wait_for_answer(page: Page, outputs: str, run_all: Callable[[], None]) -> None:
    """Run all cells and wait until one of the outputs is the stored answer.

    Raises RuntimeError if one is before anything has run, or if none ever is.
    """
    answer = stored_answer()
    if page.evaluate(SHOWN, [outputs, answer]):
        raise RuntimeError(f"{page.url} shows {answer} before anything has run.")
    run_all()
    try:
        page.wait_for_function(SHOWN, arg=[outputs, answer], polling=LOOK)
    except TimeoutError:
        shown = "\n".join(page.locator(outputs).all_inner_texts())
        raise RuntimeError(f"{page.url} does not show {answer}, but:\n{shown}") from None


def stored_answer() -> str:
    """Return what the notebook stores as the value of the cell that is waited for."""
    cells = {cell["id"]: cell for cell in json.loads(LESSON.read_bytes())["cells"]}
    return "".join(cells[CELL]["outputs"][0]["data"]["text/plain"])


def wait_until_kept(page: Page) -> None:
    """Wait until Python's memory and the book lie in the browser."""
    page.wait_for_function(KEPT)
    page.evaluate(KEPT_OFFLINE)


LANTERN = answer_of_lantern, wait_until_kept
JUPYTERLITE = answer_of_jupyterlite, lambda page: page.wait_for_load_state("networkidle")


def one_round(
    playwright: Playwright, book: Path, lite: Path
) -> tuple[tuple[Visit, Visit], tuple[Visit, Visit]]:
    """Return the first visits and the second ones, ours and JupyterLite's, made in turn."""
    with reader(playwright, book) as ours, reader(playwright, lite) as theirs:
        first = ours.visit(*LANTERN), theirs.visit(*JUPYTERLITE)
        return first, (ours.visit(*LANTERN), theirs.visit(*JUPYTERLITE))


def bytes_of_editor(playwright: Playwright, book: Path) -> int:
    """Return the bytes that are fetched when a cell is first edited, with no copy of the book."""
    with reader(playwright, book) as ours:
        page = ours.context.new_page()
        page.add_init_script("delete Navigator.prototype.serviceWorker")
        page.goto(f"{ours.address}/notebooks/{LESSON.stem}.html")
        page.locator(".live-open").click()
        page.locator(".live-status[data-state=ready]").wait_for()
        before = sum(ours.sent)
        page.get_by_role("button", name="Edit", exact=True).first.click()
        page.locator(".cm-content").wait_for()
        return sum(ours.sent) - before


def compared(what: str, visits: list[tuple[Visit, Visit]], figure: str, target: str) -> Row:
    """Return the medians of a figure of visits, ours and theirs, and of the ratios."""
    pairs = [(getattr(ours, figure), getattr(theirs, figure)) for ours, theirs in visits]
    values, floors = zip(*pairs, strict=True)
    ratio = median(value / floor for value, floor in pairs) if all(floors) else None
    write = megabytes if figure == "bytes" else "{:.2f} s".format
    return Row(what, write(median(values)), write(median(floors)), ratio, target)


def megabytes(count: float) -> str:
    """Return a number of bytes as text, in millions."""
    return f"{count / 1e6:.2f} MB"


def browser() -> Iterator[Row]:
    """A lesson's first answer from the database in the reader's browser, beside JupyterLite's."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        book, lite = Path(folder) / "book", Path(folder) / "jupyterlite"
        build_book(ROOT, book)
        build_jupyterlite(LESSON, lite)
        for path in filter(Path.is_file, Path(folder).rglob("*")):
            contents(path, path.stat().st_mtime_ns, True)  # a host has compressed it before
        rounds = [one_round(playwright, book, lite) for _ in range(ROUNDS)]
        editor = bytes_of_editor(playwright, book)
    first, second = zip(*rounds, strict=True)
    what = "first answer from the database in a browser ÷ JupyterLite"
    yield compared(f"{what}: first visit", first, "seconds", "at most 0.25")
    yield compared(f"{what}: second visit", second, "seconds", "at most 0.10")
    yield compared(f"{what}: bytes until then, first visit", first, "bytes", "at most 14.5 MB")
    yield compared(f"{what}: bytes until then, second visit", second, "bytes", "0 MB")
    rest = median(ours.bytes_after for ours, _ in first)
    yield Row("bytes after it: the rest of the book, kept", megabytes(rest), "", None, "")
    yield Row("bytes of the editor, at the first edit", megabytes(editor), "", None, "")
