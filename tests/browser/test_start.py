"""Python comes when it is asked for; what hinders it is said, and it can be asked for again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.test_exercises import cell, write
from tests.browser.test_hosting import LESSON
from tests.site.test_browser import REFUSED
from tools.driver.hosting import GzipHandler, served
from tools.driver.live import add_to_script

PATIENCE = 60_000  # milliseconds
BROKEN = "Python did not come whole: the network is gone, or was for a moment."
RUNS = "Python runs in this page."
NO_MEMORY = """
WebAssembly.instantiate = WebAssembly.instantiateStreaming = async () => {
    throw new RangeError("WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory");
};
"""


class BreakingOff(GzipHandler):
    """A host whose line breaks off in the middle of an archive, as long as `broken` holds."""

    broken = True

    def copyfile(self, source, target) -> None:
        """Send the file, or half of it."""
        body = source.read()
        if type(self).broken and self.path.endswith("packages.zip"):
            body = body[: len(body) // 2]
            self.close_connection = True
        target.write(body)


def expect_status(page: Page, words: str) -> None:
    """Wait until the page says of its Python what it should."""
    expect(page.locator(".live-status")).to_have_text(words, timeout=PATIENCE)


@pytest.mark.parametrize("pause", [0, 150], ids=["at once", "as a hand does it"])
def test_a_double_click_starts_python_and_stops_nothing(
    context: BrowserContext, public: str, pause: int
) -> None:
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    box = page.locator(".live-open").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down(click_count=1)
    page.mouse.up(click_count=1)
    if pause:
        expect(page.get_by_role("button", name="Run all")).to_be_visible()
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    expect_status(page, RUNS)


def test_a_line_that_breaks_off_is_told_in_a_sentence_and_python_comes_when_it_is_asked_again(
    browser: Browser, public_folder: Path
) -> None:
    host = type("Host", (BreakingOff,), {})
    with (
        served(public_folder, host=host) as address,
        browser.new_context(service_workers="block") as context,
    ):
        page = context.new_page()
        page.goto(f"{address}/course/v1/{LESSON}")
        page.locator(".live-open").click()
        cell(page, 1).get_by_role("button", name="Run", exact=True).click()
        expect_status(page, BROKEN)
        expect(cell(page, 1).locator(".live-state")).to_have_text(f"waiting. {BROKEN}")
        host.broken = False
        cell(page, 1).get_by_role("button", name="Try again").click()
        expect_status(page, RUNS)
        expect(cell(page, 1).locator(".live-state")).to_have_text("done", timeout=PATIENCE)
        expect(page.get_by_role("button", name="Try again")).to_be_hidden()


def test_a_small_status_in_view_tells_megabytes_seconds_and_what_is_kept(
    context: BrowserContext, public: str
) -> None:
    held: list[Route] = []
    context.route("**/packages.zip", lambda route: held.append(route))
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    cell(page, 1).get_by_role("button", name="Run", exact=True).click()
    figures = page.locator(".live-figures")
    # The other archives have come, and this one has not.
    expect(figures).to_have_text(re.compile(r"^[4-7]\.\d of about 14 MB, [1-9]\d* s$"))
    held.pop().continue_()
    expect_status(page, RUNS)
    one = write(page, 1, "import asyncio\nawait asyncio.Event().wait()")
    page.locator("article h2").last.scroll_into_view_if_needed()
    kept = page.locator(".live-safe")
    expect(kept).to_be_in_viewport()
    expect(kept).to_contain_text("Kept in this browser: your code")
    kept.click(trial=True)  # nothing lies over it
    one.get_by_role("button", name="Run", exact=True).click()
    expect(figures).to_have_text(re.compile(r"^Cell 1: [1-9] s$"), timeout=PATIENCE)
    context.set_offline(True)
    expect(kept).to_contain_text("No network.")
    one.get_by_role("button", name="Stop").click()
    expect(figures).to_be_empty()


def test_a_first_press_without_a_network_is_told_at_the_cell(
    context: BrowserContext, public: str
) -> None:
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    tools = page.get_by_role("group", name="Cell 2", exact=True)
    context.set_offline(True)
    tools.get_by_role("button", name="Run").click()
    lacking = tools.get_by_text("Python did not come: is the network there?")
    expect(lacking).to_be_in_viewport()
    context.set_offline(False)
    tools.get_by_role("button", name="Run").click()
    expect(tools.locator(".live-state")).to_have_text("done", timeout=PATIENCE)
    expect(lacking).to_have_count(0)


def test_a_python_that_is_restarted_comes_without_being_asked(
    context: BrowserContext, public: str
) -> None:
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    write(page, 1, "known = 7").get_by_role("button", name="Run", exact=True).click()
    expect(cell(page, 1).locator(".live-state")).to_have_text("done", timeout=PATIENCE)
    page.get_by_role("button", name="Restart Python").click()
    expect(cell(page, 1).locator(".live-state")).to_be_empty()
    expect_status(page, RUNS)


def test_where_storage_is_refused_code_that_runs_is_said_not_to_be_kept(
    context: BrowserContext, public: str
) -> None:
    page = context.new_page()
    page.add_init_script(REFUSED)
    page.goto(f"{public}/{LESSON}")
    one = write(page, 1, "6 * 7")
    one.get_by_role("button", name="Run", exact=True).click()
    expect(one.locator(".live-output")).to_have_text("42", timeout=PATIENCE)
    expect(one.locator(".live-kept")).to_have_text("not kept: this browser refuses to store it")


def test_too_little_memory_is_told_in_a_sentence(context: BrowserContext, public: str) -> None:
    add_to_script(context, "worker.mjs", before=NO_MEMORY)
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    page.locator(".live-open").click()
    expect_status(
        page, "This browser has too little memory left for Python: close other tabs or programs."
    )
    context.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect_status(page, RUNS)


def test_input_says_what_to_do_instead(context: BrowserContext, public: str) -> None:
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    page.locator(".live-open").click()
    one = write(page, 1, "name = input('Who are you? ')")
    one.get_by_role("button", name="Run", exact=True).click()
    expect(one.locator(".traceback")).to_contain_text(
        'Put the answer into the cell instead: name = "Mara"', timeout=PATIENCE
    )
    assert re.findall(r'File "(.*?)"', one.locator(".traceback").inner_text()) == ["<cell 1>"]
