"""A browser without Promise Integration: what need not wait runs, each other cell says why not."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from course.notebook import tags
from course.project import ROOT
from tests.browser.stored import code_cells, tagged
from tests.browser.test_lessons import (
    EXERCISES,
    LESSONS,
    NOT_IN_BROWSER,
    expect_what_is_stored,
    opened,
    run_all,
)
from tools.driver.live import forbid_waiting, text_of

WAITING_CELLS = tagged("needs-waiting", ROOT / "notebooks")


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One reader whose browser cannot let Python wait."""
    with browser.new_context() as context:
        forbid_waiting(context)
        yield context
        # A page that is left may still fetch a script.
        context.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize("stem", LESSONS)
def test_run_all_shows_what_the_page_shows_but_for_cells_that_say_that_they_wait(
    context: BrowserContext, public: str, stem: str
) -> None:
    waiting = WAITING_CELLS.get(stem, [])
    with opened(context, f"{public}/notebooks/{stem}.html") as page:
        shown = run_all(page)
        notes = page.locator(".live-note", has_text="cannot let Python do that")
        expect(notes).to_have_count(len(waiting))
        # Of a cell that ran, the recorded output is hidden.
        expect(page.locator(".live-ran:has(.live-note)")).to_have_count(0)
    expect_what_is_stored(stem, shown, [*waiting, *NOT_IN_BROWSER.get(stem, [])])


@pytest.mark.parametrize("stem", EXERCISES)
def test_a_right_answer_is_right_where_its_check_runs(
    context: BrowserContext, public: str, stem: str
) -> None:
    with opened(context, f"{public}/exercises/{stem}.html") as page:
        solution = ROOT / "solutions" / f"{stem}.ipynb"
        page.locator("input[type=file]").set_input_files(solution)
        expect(page.locator(".live-status")).to_contain_text("is taken over.")
        shown = run_all(page)
        waiting = tagged("needs-waiting", ROOT / "exercises").get(stem, [])
        notes = page.locator(".live-note", has_text="cannot let Python do that")
        expect(notes).to_have_count(len(waiting))
    cells = code_cells(solution)
    checks = [name for name, cell in cells.items() if "check" in tags(cell)]
    # Where the order of steps is the point, every check has to wait.
    assert stem == "ch06_overselling" or set(waiting) < set(checks)
    for name in set(checks) - set(waiting):
        assert ": right" in text_of(shown[name]), shown[name]
