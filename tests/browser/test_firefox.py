"""Every lesson and exercise in Firefox, and the memory that is kept there for the next page."""

import json
import time
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest

from course.project import ROOT
from tests.browser.stored import tagged
from tests.browser.test_lessons import (
    EXERCISES,
    LESSONS,
    NOT_IN_BROWSER,
    OUTPUTS,
    expect_what_is_stored,
)
from tests.browser.test_snapshot import LESSON, SPOIL
from tools.driver.firefox import PATIENCE, FirefoxPage
from tools.driver.hosting import GzipHandler, served
from tools.driver.live import KEPT, KEPT_OFFLINE

CLICK = """([selector, text]) => [...document.querySelectorAll(selector)]
    .find((button) => button.textContent.includes(text)).click()"""
WRITE = "(source) => document.querySelector('[data-live]').runner.cells[0].replace(source)"
EDITS = "() => document.activeElement.matches('.cm-content')"
EDITS_AT_ONCE = """async () => {
    document.activeElement.blur();
    [...document.querySelectorAll(".live-tools button")]
        .find((button) => button.textContent === "Edit").click();
    for (let turn = 0; turn < 100; turn += 1) await null;
    return document.activeElement.matches(".cm-content");
}"""
SHOWS = """([selector, text]) =>
    document.querySelector(selector)?.textContent.includes(text) ?? false"""
TURN_TO = """(value) => {
    const knob = document.querySelector(".knobs:not([hidden]) input");
    knob.value = value;
    for (const name of ["input", "change"]) knob.dispatchEvent(new Event(name));
}"""
OPENED = "() => document.querySelector('[data-live]').runner !== undefined"
ENDED = """(last) => {
    const states = [...document.querySelectorAll(".live-state")].map((each) => each.textContent);
    return states.slice(0, last ?? states.length).every((state) => state === "done")
        || states.some((state) => state.startsWith("ended"));
}"""
NEXT = "/exercises/ch00_doors_open.html"  # the page after LESSON
RESTORED = "() => document.querySelector('.live-status').dataset.restored === 'true'"


def visit(page: FirefoxPage, address: str) -> None:
    """Go to a page: what it has of errors then is its own."""
    # Of a page that is left while its Python comes, Firefox tells late: by now it has.
    page.goto("about:blank")
    page.errors.clear()
    page.goto(address)


def opened(page: FirefoxPage, address: str) -> None:
    """Go to a page and make it live by its button."""
    visit(page, address)
    page.evaluate(CLICK, [".live-open", ""])
    page.wait_for_function(OPENED)


def run_all(page: FirefoxPage, address: str) -> dict[str, list[dict]]:
    """Make a page live, press "Run all", wait for the end, and return every cell's outputs."""
    opened(page, address)
    page.evaluate(CLICK, ["button", "Run all"])
    page.wait_for_function(ENDED)
    shown = page.evaluate(OUTPUTS)
    assert page.errors == []
    return shown


def run_first_cell(page: FirefoxPage, public: str) -> bool:
    """Run the first cell of a lesson, and tell whether its Python came from the kept memory."""
    opened(page, f"{public}/{LESSON}")
    page.evaluate(CLICK, [".live-tools button", "Run"])
    page.wait_for_function(ENDED, 1)
    assert page.errors == []
    return page.evaluate(RESTORED)


def run_and_stop(page: FirefoxPage, source: str, before: str) -> None:
    """Let the first cell run this, and stop it once it shows something."""
    page.evaluate(WRITE, source)
    page.evaluate(CLICK, [".live-tools button", "Run"])
    page.wait_for_function(SHOWS, [".live-output", before])
    page.evaluate(CLICK, [".live-tools button", "Stop"])
    page.wait_for_function(SHOWS, [".live-state", "stopped"])


def test_an_endless_loop_that_prints_is_stopped_and_what_waits_is_cancelled(
    firefox_page: FirefoxPage, public: str
) -> None:
    firefox_page.goto(f"{public}/{LESSON}")
    firefox_page.evaluate(CLICK, [".live-tools button", "Edit"])  # of the page as it is read
    firefox_page.wait_for_function(OPENED)
    for source, before in (
        ("while True: print('x')", "left out here"),
        ("import asyncio\nprint('now')\nawait asyncio.Event().wait()", "now"),
    ):
        run_and_stop(firefox_page, source, before)
    firefox_page.evaluate("() => localStorage.clear()")
    # Firefox may tell in these words of a worker that is ended in the middle of something.
    assert set(firefox_page.errors) <= {"uncaught exception: undefined"}


def test_from_the_second_page_on_what_computes_is_interrupted_and_its_names_stay(
    firefox_page: FirefoxPage, public: str
) -> None:
    run_first_cell(firefox_page, public)
    firefox_page.evaluate(KEPT_OFFLINE)
    opened(firefox_page, f"{public}/{LESSON}")
    run_and_stop(firefox_page, "known = 7\nprint('now')\nwhile True: pass", "now")
    firefox_page.wait_for_function(SHOWS, [".live-output", "KeyboardInterrupt"])
    firefox_page.evaluate(WRITE, "print('known', known)")
    firefox_page.evaluate(CLICK, [".live-tools button", "Run"])
    firefox_page.wait_for_function(SHOWS, [".live-output", "known 7"])
    firefox_page.evaluate("() => localStorage.clear()")
    assert firefox_page.errors == []


def test_edit_takes_the_keyboard_after_the_key_that_pressed_it(
    firefox_page: FirefoxPage, public: str
) -> None:
    firefox_page.goto(f"{public}/{LESSON}")
    firefox_page.evaluate(CLICK, [".live-tools button", "Edit"])
    firefox_page.wait_for_function(EDITS)
    # What is pressed by Enter is clicked before the key is written: within one task, and its
    # microtasks.
    assert not firefox_page.evaluate(EDITS_AT_ONCE)
    firefox_page.wait_for_function(EDITS)


def test_a_knob_that_is_turned_changes_the_line_and_the_picture(
    firefox_page: FirefoxPage, public: str
) -> None:
    visit(firefox_page, f"{public}/{LESSON}")
    firefox_page.evaluate(TURN_TO, "12")
    firefox_page.wait_for_function(SHOWS, [".live-output figure", "12 tasks"])
    firefox_page.wait_for_function(SHOWS, [".cm-content", "guests = 12"])
    firefox_page.evaluate("() => localStorage.clear()")
    assert firefox_page.errors == []


@pytest.mark.parametrize("stem", LESSONS)
def test_run_all_shows_what_the_page_shows(
    firefox_page: FirefoxPage, public: str, stem: str
) -> None:
    shown = run_all(firefox_page, f"{public}/notebooks/{stem}.html")
    expect_what_is_stored(stem, shown, NOT_IN_BROWSER.get(stem, []))


@pytest.mark.parametrize("stem", EXERCISES)
def test_an_untouched_exercise_says_that_nobody_has_written_it(
    firefox_page: FirefoxPage, public: str, stem: str
) -> None:
    shown = run_all(firefox_page, f"{public}/exercises/{stem}.html")
    checks = tagged("check", ROOT / "exercises")[stem]
    assert [name for name in checks if "not attempted" not in json.dumps(shown[name])] == []


def test_the_second_page_begins_with_the_memory_of_the_first(
    firefox_page: FirefoxPage, public_folder: Path
) -> None:
    with served(public_folder) as address:  # of which nothing is kept: it has a port of its own
        assert not run_first_cell(firefox_page, f"{address}/course/v1")
        firefox_page.evaluate(KEPT)
        assert run_first_cell(firefox_page, f"{address}/course/v1")


@pytest.mark.parametrize(
    "figures", [{"table": 5}, {"offset": 40}], ids=["of another Python", "no memory"]
)
def test_a_memory_that_does_not_fit_is_thrown_away(
    firefox_page: FirefoxPage, public: str, figures: dict[str, int]
) -> None:
    run_first_cell(firefox_page, public)
    firefox_page.evaluate(SPOIL, [firefox_page.evaluate(KEPT), figures])
    assert not run_first_cell(firefox_page, public)
    firefox_page.evaluate(KEPT)
    assert run_first_cell(firefox_page, public)


def test_a_page_may_be_left_while_firefox_fetches_the_next_one_ahead(
    firefox_page: FirefoxPage, public_folder: Path
) -> None:
    holds, asked = Event(), Event()

    class SlowNextPage(GzipHandler):
        """A host that sends the page after the lesson slowly until nobody waits for it."""

        def end_headers(self) -> None:
            if self.path.endswith(NEXT):
                self.send_header("Cache-Control", "no-store")  # it is fetched ahead each time
            super().end_headers()

        def do_GET(self) -> None:
            if not (holds.is_set() and self.path.endswith(NEXT)):
                super().do_GET()
                return
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            with suppress(ConnectionError):
                while self.wfile.write(bytes(2000)):
                    asked.set()
                    time.sleep(0.1)

    with served(public_folder, host=SlowNextPage) as address:
        run_first_cell(firefox_page, f"{address}/course/v1")
        firefox_page.evaluate(KEPT_OFFLINE)
        holds.set()
        for _ in range(4):
            asked.clear()
            firefox_page.goto(f"{address}/course/v1/{LESSON}")
            assert asked.wait(PATIENCE)
        firefox_page.evaluate(KEPT_OFFLINE)
        # The icon, which is fetched when a page is loaded, may be on its way when that is left.
        assert [error for error in firefox_page.errors if NEXT in error] == []
