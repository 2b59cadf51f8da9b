"""Every cell is edited and run where it stands, from the first look, by pointer or by keyboard."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_exercises import ANSWER, CHECK, RIGHT, STEM, cell
from tests.browser.test_hosting import LESSON
from tests.site.test_browser import ON_A_PHONE

PATIENCE = 60_000  # milliseconds
WAITS = "import asyncio\nprint('now')\nawait asyncio.Event().wait()"
WRITTEN = r"""
print("  7 % of it\r100", end="")
print("\nall of 9 parts\r\x1b[Knone", end="")
print("\n\x1b[31mred\x1b[0m bold \x1b[1;31mboth\x1b[0m")
"""


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One reader for all of these: the first starts Python from nothing, the rest from memory."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, public: str) -> Iterator[Page]:
    """A lesson that nobody has touched."""
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    page.evaluate("() => localStorage.clear()")
    yield page
    page.evaluate("() => localStorage.clear()")
    page.close()


def test_a_button_that_is_pressed_while_the_page_becomes_live_is_heard(page: Page) -> None:
    one = cell(page, 1)
    one.get_by_role("button", name="Run", exact=True).hover()
    page.mouse.down()
    page.evaluate("() => document.querySelector('.live-open').click()")
    page.wait_for_function("() => document.querySelector('[data-live]').runner !== undefined")
    page.mouse.up()
    expect(one.locator(".live-state")).to_have_text("done", timeout=PATIENCE)


def test_a_click_into_code_edits_it_there_and_ctrl_enter_runs_it_after_what_is_above(
    page: Page,
) -> None:
    three = cell(page, 3)
    three.locator(".cell_input").click(position={"x": 60, "y": 12})
    editor = three.locator(".cm-content")
    expect(editor).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("6 * 7")
    page.keyboard.press("Control+Enter")
    expect(three.locator(".live-output")).to_have_text("42", timeout=PATIENCE)
    expect(three.locator(".live-tools")).to_contain_text("after cells 1, 2, which were not run yet")
    expect(cell(page, 2).locator(".live-state")).to_have_text("done")
    expect(editor).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("6 * 8")
    page.keyboard.press("Control+Enter")
    expect(three.locator(".live-output")).to_have_text("48")
    expect(three.locator(".live-tools")).not_to_contain_text("after")


def test_shift_enter_runs_a_cell_and_goes_on_to_the_next(page: Page) -> None:
    cell(page, 1).locator(".cell_input").click()
    expect(cell(page, 1).locator(".cm-content")).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(cell(page, 2).locator(".cm-content")).to_be_focused()
    expect(cell(page, 1).locator(".live-state")).to_have_text("done", timeout=PATIENCE)


def test_by_keyboard_a_cell_is_edited_and_left_again(page: Page) -> None:
    cell(page, 1).get_by_role("button", name="Edit").focus()
    page.keyboard.press("Enter")
    editor = cell(page, 1).locator(".cm-content")
    expect(editor).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(editor).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(cell(page, 1).get_by_role("button", name="Run", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(cell(page, 1).locator(".live-state")).to_have_text("done", timeout=PATIENCE)


def test_a_check_that_is_run_first_runs_the_answer_above_it(
    context: BrowserContext, public: str
) -> None:
    page = context.new_page()
    page.goto(f"{public}/exercises/{STEM}.html")
    cell(page, ANSWER).locator(".cell_input").click()
    cell(page, ANSWER).locator(".cm-content").fill(RIGHT)
    cell(page, CHECK).get_by_role("button", name="Run", exact=True).click()
    expect(cell(page, CHECK).locator(".live-output")).to_contain_text(": right", timeout=PATIENCE)
    # It stands there on the next visit, and no Python is asked for.
    page.reload()
    expect(cell(page, ANSWER).locator(".cm-content")).to_contain_text("asyncio.to_thread")
    expect(page.locator(".live-progress")).to_contain_text("ch01-ex2: right")
    assert page.workers == []
    page.close()


def test_a_cell_above_that_fails_is_named(page: Page) -> None:
    one, two = cell(page, 1), cell(page, 2)
    one.locator(".cell_input").click()
    one.locator(".cm-content").fill("1 / 0")
    two.get_by_role("button", name="Run", exact=True).click()
    expect(two.locator(".live-tools")).to_contain_text(
        "not run: cell 1 ended with an error", timeout=PATIENCE
    )
    expect(one.locator(".traceback")).to_contain_text("ZeroDivisionError")
    with page.expect_popup() as opened:
        one.get_by_role("link", name="No card fits: look for its words in the book").click()
    found = opened.value.locator("#search-words")
    expect(found).to_have_value("ZeroDivisionError: division by zero")
    opened.value.close()


def test_a_traceback_leads_to_its_card(page: Page) -> None:
    one = cell(page, 1)
    one.locator(".cell_input").click()
    one.locator(".cm-content").fill("import asyncio\nasyncio.run(asyncio.sleep(0))")
    one.get_by_role("button", name="Run", exact=True).click()
    with page.expect_popup() as opened:
        one.get_by_role("link", name="What it means: RuntimeError: asyncio.run()").click(
            timeout=PATIENCE
        )
    expect(opened.value.locator(":target")).to_contain_text("asyncio.run() cannot be called from")
    opened.value.close()


def test_colours_and_lines_that_are_written_anew_are_shown_as_a_terminal_shows_them(
    page: Page,
) -> None:
    one = cell(page, 1)
    one.locator(".cell_input").click()
    one.locator(".cm-content").fill(WRITTEN)
    one.get_by_role("button", name="Run", exact=True).click()
    shown = one.locator(".live-output pre")
    expect(shown).to_have_text("100 % of it\nnone\nred bold both\n", timeout=PATIENCE)
    ink = "(span) => getComputedStyle(span).color"
    red, both = shown.locator(".-Color-Red").all()
    assert (red.inner_text(), both.inner_text()) == ("red", "both")
    assert red.evaluate(ink) == both.evaluate(ink) != shown.evaluate(ink)
    weight = "(span) => getComputedStyle(span).fontWeight"
    assert (red.evaluate(weight), both.evaluate(weight)) == ("400", "700")


def test_on_a_phone_what_is_pressed_at_a_cell_that_runs_and_at_a_check_is_44_pixels_high(
    context: BrowserContext, public: str
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    touch = {"enabled": True}
    context.new_cdp_session(page).send("Emulation.setTouchEmulationEnabled", touch)
    page.goto(f"{public}/exercises/{STEM}.html")
    cell(page, ANSWER).locator(".cell_input").click()
    cell(page, ANSWER).locator(".cm-content").fill(WAITS)
    cell(page, ANSWER).get_by_role("button", name="Run", exact=True).click()
    stop = cell(page, ANSWER).get_by_role("button", name="Stop")
    expect(cell(page, ANSWER).locator(".live-output")).to_have_text("now\n", timeout=PATIENCE)
    assert stop.bounding_box()["height"] >= 44
    assert cell(page, CHECK).get_by_role("button", name="Run").bounding_box()["height"] >= 44
    assert page.evaluate(ON_A_PHONE) == []
    stop.click()
    expect(cell(page, ANSWER).locator(".live-state")).to_have_text("stopped")
    assert page.evaluate(ON_A_PHONE) == []
    page.evaluate("() => localStorage.clear()")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_on_a_page_with_its_cells_untouched(
    page: Page, width: int, scheme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    expect(page.get_by_role("button", name="Run", exact=True).first).to_be_visible()
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found] == []
    assert page.evaluate("document.querySelector('article').scrollWidth") <= width
