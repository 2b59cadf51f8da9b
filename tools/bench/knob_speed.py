"""How long it takes from letting a knob go to the new picture, in Chromium.

Two knobs of the course whose cells take little themselves: a picture of requests, and a count of
statements. Everything above them has been run, and Python is warm. Measured within the page, from
the event that lets go to the frame in which the new output is drawn.
"""

from collections.abc import Iterator
from statistics import median

from playwright.sync_api import Page, sync_playwright

from tools.bench.measure import Row
from tools.driver.chromium import launch
from tools.driver.hosting import served_book

KNOBS = {"ch00a_five_minutes": "guests", "ch02b_order_form": "seats"}  # by lesson
TURNS = 20
PATIENCE = 180_000  # milliseconds on a busy machine
DONE = "(cell) => cell.querySelector('.live-state')?.textContent === 'done'"
# One step up and the next one down, so that each turn is another value.
TURN = """([cell, turn]) => new Promise((done) => {
    const knob = cell.querySelector(".knobs input");
    const before = cell.querySelector(".live-output");
    const began = performance.now();
    new MutationObserver((_, self) => {
        const output = cell.querySelector(".live-output");
        if (output === before || !output?.childElementCount) return;
        self.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
    }).observe(cell, { childList: true, subtree: true });
    knob[turn % 2 ? "stepDown" : "stepUp"]();
    for (const name of ["input", "change"]) knob.dispatchEvent(new Event(name));
})"""


def turns(page: Page, address: str, lesson: str, knob: str) -> list[float]:
    """Return the milliseconds of each turn of a knob, when all above its cell has been run."""
    page.goto(f"{address}/notebooks/{lesson}.html")
    cell = page.locator("div.cell", has=page.get_by_label(knob, exact=True))
    cell.get_by_role("button", name="Run", exact=True).click()
    handle = cell.element_handle()
    page.wait_for_function(DONE, arg=handle, timeout=PATIENCE)
    return [page.evaluate(TURN, [handle, turn]) for turn in range(TURNS)]


def knobs() -> Iterator[Row]:
    """From letting a knob go to the new picture in the reader's browser."""
    with served_book() as address, sync_playwright() as playwright, launch(playwright) as browser:
        for lesson, knob in KNOBS.items():
            with browser.new_page() as page:
                taken = turns(page, address, lesson, knob)
            yield Row(
                f"from letting go of `{knob}` in {lesson} to the new output, {TURNS} turns",
                f"{median(taken):.0f} ms (slowest {max(taken):.0f} ms)", "", None,
                "at most 500 ms",
            )  # fmt: skip
