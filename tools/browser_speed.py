"""How long a reader waits for a lesson's first answer from the database, beside JupyterLite.

Both run one lesson, in Chromium, from one kind of host: as GitHub Pages it compresses what
compressing makes smaller, lets a browser keep every file for ten minutes without asking, and then
answers with 304 by ETag. The first visit of a round is made by a browser that nobody has used, the
second in a new tab of it. Ours begins with the click on "Run this lesson here", in a page that was
read, JupyterLite's when its page is opened; both then run all cells with a click, as early as they
can. It ends when the page shows the answer. Bytes are counted by the host, with their headers, and
so are those that workers ask for; no other host can be reached.
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

from tools.browser.__main__ import build as build_book
from tools.jupyterlite import build as build_jupyterlite
from tools.measure import ROUNDS, Row
from tools.page_weight import BROWSER_ARGUMENTS, GzipHandler, contents, served
from tools.run import ROOT

LESSON = ROOT / "notebooks" / "ch00a_five_minutes.ipynb"
CELL = "ch00a-24"  # makes the lesson's first request
PATIENCE = 180_000  # milliseconds for an answer on a busy machine
ONLY_THIS_HOST = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
# JupyterLite draws only the cells in sight.
SCREEN = {"width": 1280, "height": 6000}
SHOWN = """([outputs, answer]) => [...document.querySelectorAll(outputs)]
    .some((output) => output.innerText.trim() === answer)"""
# The book's copy for use without a network is complete, and the memory is kept.
KEPT = """async () => {
    await navigator.serviceWorker.ready;
    for (const name of await caches.keys())
        if (name.startsWith("lantern snapshot") && (await (await caches.open(name)).keys()).length)
            return true;
}"""


@dataclass(frozen=True)
class Visit:
    """Seconds to the answer, bytes sent until then, and bytes sent after it."""

    seconds: float
    bytes: int
    bytes_after: int


class Host(GzipHandler):
    """A static host that lets files be kept for a while, and adds up what it sends."""

    sent: list[int]

    def send_head(self) -> BytesIO | None:
        """Send the file that is asked for, or that it is still the same."""
        if self.headers.get("If-None-Match") != self._tag():
            return super().send_head()
        self.send_response(304)
        self.end_headers()
        return None

    def end_headers(self) -> None:
        """Tell how long the file may be kept, and what it is known by."""
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("ETag", self._tag())
        super().end_headers()

    def flush_headers(self) -> None:
        """Count them."""
        self.sent.append(sum(map(len, self._headers_buffer)))
        super().flush_headers()

    def copyfile(self, source: BytesIO, outputfile: object) -> None:
        """Count it."""
        self.sent.append(len(source.getbuffer()))
        super().copyfile(source, outputfile)

    def _tag(self) -> str:
        path = Path(self.translate_path(self.path))
        return f'"{path.stat().st_mtime_ns:x}"' if path.exists() else '""'


class Reader:
    """Somebody with a browser of their own, which keeps what it was sent."""

    def __init__(self, context: BrowserContext, address: str, sent: list[int]) -> None:
        self.context, self.address, self._sent = context, address, sent

    def bytes_of(self, action: Callable[[], float | None]) -> tuple[float | None, int]:
        """Do something and return its result with the bytes that were sent meanwhile."""
        before = sum(self._sent)
        return action(), sum(self._sent) - before

    def visit(self, site: "Site") -> Visit:
        """Run the lesson in a new tab, and close it when everything has been kept."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        seconds, until = self.bytes_of(lambda: site.answer(page, self.address))
        _, after = self.bytes_of(lambda: site.settle(page))
        page.close()
        return Visit(seconds, until, after)


@dataclass(frozen=True)
class Site:
    """What is measured: how it comes to the answer, and to have kept all that it keeps."""

    answer: Callable[[Page, str], float]
    settle: Callable[[Page], object]


def answer_of_lantern(page: Page, address: str) -> float:
    """Return the seconds from the click on a lesson's button to its answer."""
    open_lesson(page, address)
    began = time.perf_counter()
    page.locator(".live-open").click()
    run_all = page.get_by_role("button", name="Run all")
    return _until_answer(page, ".live-output .output", began, run_all.click)


def open_lesson(page: Page, address: str) -> None:
    """Open the page of the lesson and let it come to rest."""
    page.goto(f"{address}/notebooks/{LESSON.stem}.html", wait_until="networkidle")


def answer_of_jupyterlite(page: Page, address: str) -> float:
    """Return the seconds from opening the notebook's page to its answer."""
    began = time.perf_counter()
    page.goto(f"{address}/notebooks/index.html?path={LESSON.name}")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()

    def run_all() -> None:
        page.locator(".lm-MenuBar-itemLabel", has_text="Run").click()
        page.get_by_text("Run All Cells", exact=True).click()

    return _until_answer(page, ".jp-OutputArea-output", began, run_all)


def _until_answer(page: Page, outputs: str, began: float, run_all: Callable[[], None]) -> float:
    """Run all cells and return the seconds to the answer, as it is stored in the notebook.

    Raises RuntimeError if the page shows it before that, or never.
    """
    place = [outputs, stored_answer()]
    if page.evaluate(SHOWN, place):
        raise RuntimeError(f"{page.url} shows the answer before anything has run.")
    run_all()
    try:
        page.wait_for_function(SHOWN, arg=place)
    except TimeoutError:
        shown = "\n".join(page.locator(outputs).all_inner_texts())
        raise RuntimeError(f"{page.url} does not show {place[1]}, but:\n{shown}") from None
    return time.perf_counter() - began


def stored_answer() -> str:
    """Return what the notebook stores as the value of the cell that is waited for."""
    cells = json.loads(LESSON.read_bytes())["cells"]
    (cell,) = (cell for cell in cells if cell["id"] == CELL)
    return "".join(cell["outputs"][0]["data"]["text/plain"])


LANTERN = Site(answer_of_lantern, lambda page: page.wait_for_function(KEPT))
JUPYTERLITE = Site(answer_of_jupyterlite, lambda page: page.wait_for_load_state("networkidle"))


@contextmanager
def reader(playwright: Playwright, site: Path) -> Iterator[Reader]:
    """A reader of a site whose browser nobody has used."""
    sent: list[int] = []
    host = type("CountingHost", (Host,), {"sent": sent})
    with tempfile.TemporaryDirectory() as profile, served(site, host=host) as address:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), viewport=SCREEN,
            args=[*BROWSER_ARGUMENTS, ONLY_THIS_HOST],
        )  # fmt: skip
        with context:
            yield Reader(context, address, sent)


def editor(playwright: Playwright, book: Path) -> int:
    """Return the bytes that are fetched when a cell is edited before anything has run."""
    with reader(playwright, book) as ours:
        page = ours.context.new_page()
        open_lesson(page, ours.address)
        page.locator(".live-open").click()
        edit = page.get_by_role("button", name="Edit", exact=True)
        edit.first.wait_for()
        page.wait_for_load_state("networkidle")

        def first_edit() -> None:
            edit.first.click()
            page.locator(".cm-content").first.wait_for()

        return ours.bytes_of(first_edit)[1]


def browser() -> Iterator[Row]:
    """A lesson's first answer from the database in a page, beside JupyterLite."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        book, lite = Path(folder) / "book", Path(folder) / "jupyterlite"
        build_book(ROOT, book)
        build_jupyterlite(LESSON, lite)
        for path in [path for site in (book, lite) for path in site.rglob("*") if path.is_file()]:
            contents(path, path.stat().st_mtime_ns, True)  # a host compresses beforehand
        visits = [one_round(playwright, book, lite) for _ in range(ROUNDS)]
        edited = editor(playwright, book)
    cold, warm = zip(*visits, strict=True)
    what = "a lesson's first answer from the database ÷ JupyterLite"
    yield compared(f"{what}: first visit", cold, "seconds", "at most 0.25")
    yield compared(f"{what}: second visit", warm, "seconds", "at most 0.10")
    yield compared(f"{what}: first visit, MB sent", cold, "bytes", "at most 14.5 MB")
    yield compared(f"{what}: second visit, MB sent", warm, "bytes", "0 MB")
    later = median(ours.bytes_after for ours, _ in cold)
    yield Row("the book for use without a network, after that", megabytes(later), "", None, "")
    yield Row("the editor, at the first edit", megabytes(edited), "", None, "")


def one_round(
    playwright: Playwright, book: Path, lite: Path
) -> tuple[tuple[Visit, Visit], tuple[Visit, Visit]]:
    """Return the first visits and the second ones, ours and JupyterLite's, made in turn."""
    with reader(playwright, book) as ours, reader(playwright, lite) as theirs:
        first = ours.visit(LANTERN), theirs.visit(JUPYTERLITE)
        return first, (ours.visit(LANTERN), theirs.visit(JUPYTERLITE))


def compared(what: str, visits: list[tuple[Visit, Visit]], figure: str, target: str) -> Row:
    """Return the medians of a figure of the visits, ours and theirs, and of their ratios."""
    pairs = [(getattr(ours, figure), getattr(theirs, figure)) for ours, theirs in visits]
    values, floors = zip(*pairs, strict=True)
    ratio = median(value / floor for value, floor in pairs) if all(floors) else None
    write = megabytes if figure == "bytes" else "{:.2f} s".format
    return Row(what, write(median(values)), write(median(floors)), ratio, target)


def megabytes(amount: float) -> str:
    """Return bytes as text, in millions."""
    return f"{amount / 1e6:.2f} MB"
