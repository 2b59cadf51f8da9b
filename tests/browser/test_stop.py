"""Stop ends a cell: where it can be interrupted or cancelled, Python keeps what it knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_exercises import cell, write
from tests.browser.test_hosting import LESSON
from tests.browser.test_lessons import opened
from tools.driver.hosting import GzipHandler, served

PATIENCE = 60_000  # milliseconds
COMPUTES = "import asyncio, time\nknown = 7\nprint('go')\nwhile True: pass"
# Each waits for ever in a way of its own, and would hold up all that comes after it.
HOLDING = {
    "a call that blocks": "print('go')\ntime.sleep(1000)",
    "a lock": """import threading
lock = threading.Lock()
lock.acquire()
print('go')
lock.acquire()""",
}
COMPUTING = {
    "a task": """async def compute():
    while True: pass
print('go')
await asyncio.gather(compute(), asyncio.sleep(1000))""",
    "a thread": """def compute():
    while True: pass
print('go')
await asyncio.to_thread(compute)""",
    "a greenlet": """from sqlalchemy.ext.asyncio import create_async_engine
def compute(connection):
    while True: pass
async with create_async_engine("sqlite+aiosqlite://").connect() as connection:
    print('go')
    await connection.run_sync(compute)""",
}
GOES_ON = """while True:
    try:
        print('go')
        while True: pass
    except KeyboardInterrupt:
        print('on')"""
EXITS = """async def leave():
    raise SystemExit
leaving = asyncio.create_task(leave())
await asyncio.wait([leaving])
print('go')
time.sleep(1000)"""


class IsolatingHost(GzipHandler):
    """A host that lets a page share memory with its worker."""

    def end_headers(self) -> None:
        """Send the two headers with every file."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


@pytest.fixture(scope="module")
def isolated(browser: Browser, public_folder: Path) -> Iterator[Page]:
    """A lesson of a host that sends the headers, without what the book's own script would send."""
    with (
        browser.new_context(service_workers="block") as context,
        served(public_folder, host=IsolatingHost) as address,
        opened(context, f"{address}/course/v1/{LESSON}") as page,
    ):
        yield page


@pytest.fixture(scope="module")
def plain(browser: Browser, public: str) -> Iterator[Page]:
    """The same of a host that sends none."""
    with (
        browser.new_context(service_workers="block") as context,
        opened(context, f"{public}/{LESSON}") as page,
    ):
        yield page


def stop(page: Page, source: str, presses: int = 1) -> str:
    """Run a cell, stop it once it has begun, and return what it shows by its end."""
    one = write(page, 1, source)
    one.get_by_role("button", name="Run", exact=True).click()
    expect(one.locator(".live-output")).to_have_text("go\n", timeout=PATIENCE)
    for _ in range(presses):
        one.get_by_role("button", name="Stop").click()
    expect(one.locator(".live-state")).to_have_text("stopped")
    return one.locator(".live-output").inner_text()


def expect_known(page: Page, value: str) -> None:
    """Wait until the second cell shows what Python knows under a name."""
    two = write(page, 2, "globals().get('known')")
    two.get_by_role("button", name="Run", exact=True).click()
    expect(two.locator(".live-state")).to_have_text("done", timeout=PATIENCE)
    expect(two.locator(".live-output")).to_have_text(value)


def test_a_cell_that_computes_is_interrupted_and_its_names_stay(isolated: Page) -> None:
    shown = stop(isolated, COMPUTES)
    assert 'File "<cell 1>", line 4' in shown
    assert "KeyboardInterrupt" in shown
    assert "kernel" not in shown
    expect(cell(isolated, 1).get_by_role("link")).to_have_count(0)  # of no error to be found
    expect_known(isolated, "7")
    expect(isolated.locator(".live-status")).to_have_text("Python runs in this page.")


@pytest.mark.parametrize("source", [*COMPUTING.values(), EXITS], ids=[*COMPUTING, "an exit"])
def test_so_is_whatever_computes_for_it(isolated: Page, source: str) -> None:
    stop(isolated, COMPUTES)
    stop(isolated, source)
    expect_known(isolated, "7")


def test_what_goes_on_all_the_same_is_ended_with_python_which_is_said(isolated: Page) -> None:
    stop(isolated, COMPUTES)
    stop(isolated, GOES_ON, presses=2)
    expect(isolated.locator(".live-status")).to_have_text(
        "Python is stopped; what it knew is gone."
    )


def test_without_the_headers_what_computes_is_ended_with_python_which_is_said(plain: Page) -> None:
    assert stop(plain, COMPUTES) == "go\n"
    expect(plain.locator(".live-status")).to_have_text("Python is stopped; what it knew is gone.")
    write(plain, 1, "print('above')")
    two = write(plain, 2, "print('all right')")
    two.get_by_role("button", name="Run", exact=True).click()
    expect(two.locator(".live-output")).to_have_text("all right\n", timeout=PATIENCE)
    expect(two.locator(".live-tools")).to_contain_text("after cell 1, which was not run yet")


@pytest.mark.parametrize("source", HOLDING.values(), ids=HOLDING)
def test_what_holds_up_the_loop_is_interrupted_without_them_too(plain: Page, source: str) -> None:
    write(plain, 1, "import time\nknown = 7")
    expect_known(plain, "7")
    assert "KeyboardInterrupt" in stop(plain, source)
    expect_known(plain, "7")


def test_a_cell_that_waits_is_cancelled_and_python_keeps_what_it_knows(plain: Page) -> None:
    shown = stop(plain, "import asyncio\nknown = 8\nprint('go')\nawait asyncio.Event().wait()")
    assert "CancelledError" in shown
    assert 'File "<cell 1' in shown
    expect_known(plain, "8")
    expect(cell(plain, 1).locator(".traceback")).to_be_visible()
