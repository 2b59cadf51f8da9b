"""Nobody's work is lost: two tabs of one exercise, a file that is opened, edits that are undone."""

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from course.project import ROOT
from tests.browser.test_exercises import ANSWER, RIGHT, STEM, WRONG, answer, cell, opened, write

DEAF = "addEventListener('storage', (event) => event.stopImmediatePropagation());"
FRONT = "() => document.dispatchEvent(new Event('visibilitychange'))"
# What one tab writes is there in another a moment later: each is a process.
KEPT = """(text) => Object.entries(localStorage).some(
    ([key, value]) => key.startsWith("lantern-work:") && value.includes(text))"""
NOTHING_KEPT = "() => !Object.keys(localStorage).some((key) => key.startsWith('lantern-'))"


def code(page: Page) -> Locator:
    """The code of the answer as it is edited."""
    return cell(page, ANSWER).locator(".cm-content")


def bring_back(page: Page) -> None:
    """Take an earlier version of the answer."""
    cell(page, ANSWER).get_by_role("button", name="Earlier version").click()


def test_what_one_tab_writes_stands_in_the_other(context: BrowserContext, public: str) -> None:
    one, other = opened(context, public), opened(context, public)
    write(one, ANSWER, RIGHT)
    expect(code(other)).to_contain_text("asyncio.to_thread")
    cell(one, ANSWER).get_by_role("button", name="Undo edits").click()
    expect(code(other)).to_contain_text("# your turn")


def test_what_another_tab_has_replaced_is_brought_back(
    context: BrowserContext, public: str
) -> None:
    one, other = opened(context, public), opened(context, public)
    write(one, ANSWER, RIGHT)
    expect(code(other)).to_contain_text("asyncio.to_thread")
    write(other, ANSWER, WRONG)
    expect(code(one)).not_to_contain_text("asyncio.to_thread")
    one.reload()
    one.locator(".live-open").click()
    bring_back(one)
    expect(code(one)).to_contain_text("asyncio.to_thread")
    expect(code(other)).to_contain_text("asyncio.to_thread")
    bring_back(other)
    expect(code(other)).not_to_contain_text("asyncio.to_thread")
    expect(code(one)).not_to_contain_text("asyncio.to_thread")


def test_a_tab_that_slept_takes_nothing_away(context: BrowserContext, public: str) -> None:
    one = opened(context, public)
    context.add_init_script(DEAF)
    sleeper, other = opened(context, public), opened(context, public)
    write(one, ANSWER, RIGHT)
    expect(code(other)).to_have_count(0)
    sleeper.wait_for_function(KEPT, arg="asyncio.to_thread")
    write(sleeper, ANSWER, WRONG)
    bring_back(sleeper)
    expect(code(sleeper)).to_contain_text("asyncio.to_thread")
    other.wait_for_function(KEPT, arg="asyncio.to_thread")
    other.evaluate(FRONT)
    expect(code(other)).to_contain_text("asyncio.to_thread")


def test_what_a_file_replaces_is_brought_back(context: BrowserContext, public: str) -> None:
    page = opened(context, public)
    write(page, ANSWER, WRONG)
    page.locator("input[type=file]").set_input_files(ROOT / "solutions" / f"{STEM}.ipynb")
    expect(code(page)).to_contain_text("asyncio.to_thread")
    bring_back(page)
    expect(code(page)).to_have_text(WRONG.replace("\n", ""))


def test_edits_that_were_undone_are_brought_back(context: BrowserContext, public: str) -> None:
    page = opened(context, public)
    write(page, ANSWER, RIGHT)
    cell(page, ANSWER).get_by_role("button", name="Undo edits").click()
    expect(code(page)).to_contain_text("# your turn")
    bring_back(page)
    expect(code(page)).to_contain_text("asyncio.to_thread")
    expect(cell(page, ANSWER).get_by_role("button", name="Earlier version")).to_be_hidden()


@pytest.mark.parametrize("sleeps", [False, True], ids=["hears of it", "slept"])
def test_what_is_erased_does_not_come_back_from_a_tab_that_is_open(
    context: BrowserContext, public: str, sleeps: bool
) -> None:
    if sleeps:
        context.add_init_script(DEAF)
    page = opened(context, public)
    answer(page, RIGHT)
    evening = context.new_page()
    evening.goto(f"{public}/book/evening.html")
    evening.once("dialog", lambda dialog: dialog.accept())
    evening.get_by_role("button", name="Erase it").click()
    if sleeps:
        page.wait_for_function(NOTHING_KEPT)
        page.evaluate(FRONT)
    expect(code(page)).to_contain_text("# your turn")
    # Python in that tab knew of the progress.
    cell(page, 1).get_by_role("button", name="Run", exact=True).click()
    expect(cell(page, 1).locator(".live-state")).to_have_text("done")
    assert (
        evening.evaluate("() => Object.keys(localStorage).filter((key) => /^lantern/.test(key))")
        == []
    )
