"""A knob of a cell is turned where it stands: the line is another, and so is what comes of it."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.test_exercises import write
from tests.browser.test_runs import EARLIER, GATE, OPEN_GATE, PATIENCE, expect_state, shown

PATH = "notebooks/ch00a_five_minutes.html"
TICKETS = "tickets = 6  # knob: 1 to 60\nkind = 'x'  # knob: 'x', 'y'\nprint(kind * tickets)"
# Where the cell, its knobs and what stands below it begin and end, in each frame that is drawn.
WATCH = """(cell) => {
    window.seen = new Set();
    const look = () => {
        const parts = [cell, ...cell.querySelectorAll(".knobs, .live-tools, .live-output")];
        const lines = parts.flatMap((part) => {
            const { top, bottom } = part.getBoundingClientRect();
            return [Math.round(top), Math.round(bottom)];
        });
        window.seen.add(`${lines}`);
        requestAnimationFrame(look);
    };
    look();
}"""


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One reader for all of these: the first starts Python from nothing, the rest from memory."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, public: str) -> Iterator[Page]:
    """A lesson that nobody has touched."""
    page = context.new_page()
    page.goto(f"{public}/{PATH}")
    yield page
    page.evaluate("() => localStorage.clear()")
    page.close()


def with_knob(page: Page) -> Locator:
    """The cell of the lesson that has one."""
    return page.locator("div.cell", has=page.get_by_label("guests"))


def turn(knob: Locator, value: int, *events: str) -> None:
    """Let a slider go to a value, as a pointer does; without `change` it is held there."""
    fire = """(knob, [value, events]) => {
        knob.value = value;
        for (const name of events) knob.dispatchEvent(new Event(name, { bubbles: true }));
    }"""
    knob.evaluate(fire, [str(value), events or ("input", "change")])


def test_a_knob_that_is_let_go_starts_python_and_changes_the_line_and_the_picture(
    page: Page,
) -> None:
    assert page.workers == []
    one = with_knob(page)
    knob = one.get_by_label("guests")
    expect(knob).to_have_value("3")
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 2 / 11, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2, steps=5)
    expect(one.locator(".knobs")).to_contain_text("12")
    expect(one.locator(".cm-content")).to_contain_text("guests = 12  # knob: 1 to 12")
    expect(one.locator("figure")).to_contain_text("3 tasks")
    page.mouse.up()
    expect(one.locator(".live-output figure")).to_contain_text("12 tasks", timeout=PATIENCE)
    expect(knob).to_be_focused()
    expect(one.locator("figure:visible")).to_have_count(1)
    # The page has the style of pictures, so that a live one looks as the stored one does.
    expect(one.locator("figure style")).to_have_count(0)
    colours = one.locator("figure .run").evaluate_all(
        "bars => [...new Set(bars.map((bar) => getComputedStyle(bar).fill))]"
    )
    assert len(colours) == 1 and colours != ["rgb(0, 0, 0)"]


def test_by_keyboard_each_step_is_a_run_and_the_choice_is_one_too(page: Page) -> None:
    one = write(page, 1, TICKETS)
    one.get_by_label("tickets").focus()
    page.keyboard.press("ArrowRight")
    expect(shown(one)).to_have_text("xxxxxxx\n", timeout=PATIENCE)
    page.keyboard.press("Home")
    expect(shown(one)).to_have_text("x\n")
    one.get_by_label("kind").select_option("'y'")
    expect(shown(one)).to_have_text("y\n")
    expect(one.locator(".cm-content")).to_contain_text("kind = 'y'  # knob: 'x', 'y'")


def test_a_knob_stands_where_the_line_says(page: Page) -> None:
    one = write(page, 1, TICKETS)
    expect(one.get_by_label("tickets")).to_have_value("6")
    write(page, 1, TICKETS.replace("= 6", "= 9"))
    expect(one.get_by_label("tickets")).to_have_value("9")
    write(page, 1, "tickets = 6")
    expect(one.locator(".knobs")).to_be_hidden()


def test_while_a_run_goes_the_last_place_of_a_knob_is_run_next_and_no_other(page: Page) -> None:
    one = write(page, 1, f"{GATE}ran = []\n'ready'")
    one.get_by_role("button", name="Run", exact=True).click()
    expect_state(one, "done")
    waits = "ran.append(tickets)\nawait gate.wait()\nran"
    two = write(page, 2, f"tickets = 6  # knob: 1 to 60\n{waits}")
    knob = two.get_by_label("tickets")
    turn(knob, 10)
    expect_state(two, "running")
    for value in (20, 30, 40, 50):
        turn(knob, value)
    page.evaluate(OPEN_GATE)
    expect(shown(two)).to_have_text("[10, 50]")
    expect_state(two, "done")


def test_what_stood_below_stays_until_the_run_is_over(page: Page) -> None:
    one = write(page, 1, f"{GATE}'ready'")
    one.get_by_role("button", name="Run", exact=True).click()
    expect_state(one, "done")
    two = write(page, 2, "tickets = 6  # knob: 1 to 60\nprint(tickets)")
    two.get_by_role("button", name="Run", exact=True).click()
    expect(shown(two)).to_have_text("6\n")
    write(page, 2, "tickets = 6  # knob: 1 to 60\nprint(tickets)\nawait gate.wait()\nprint('end')")
    turn(two.get_by_label("tickets"), 7)
    expect_state(two, "running")
    expect(shown(two)).to_contain_text("6\n")
    page.evaluate(OPEN_GATE)
    expect(shown(two)).to_have_text("7\nend\n")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_jumps_while_a_knob_is_turned(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    one = write(page, 1, TICKETS)
    knob = one.get_by_label("tickets")
    turn(knob, 7)
    expect(shown(one)).to_have_text("xxxxxxx\n", timeout=PATIENCE)
    expect_state(one, "done")
    one.evaluate(WATCH)
    turn(knob, 8, "input")
    expect(one.locator(".cm-content")).to_contain_text("tickets = 8")
    turn(knob, 9)
    expect(shown(one)).to_have_text("xxxxxxxxx\n")
    expect_state(one, "done")
    assert len(page.evaluate("() => [...window.seen]")) == 1
    expect(one).not_to_contain_text(EARLIER)


def test_on_paper_a_knob_is_the_line_that_it_is(page: Page) -> None:
    one = with_knob(page)
    expect(one.locator(".knobs")).to_be_visible()
    page.emulate_media(media="print")
    expect(one.locator(".knobs")).to_be_hidden()
    expect(one.locator(".cell_input")).to_contain_text("guests = 3  # knob: 1 to 12")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_where_a_knob_was_turned(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    one = write(page, 1, TICKETS)
    turn(one.get_by_label("tickets"), 9)
    expect(shown(one)).to_have_text("xxxxxxxxx\n", timeout=PATIENCE)
    expect(with_knob(page).get_by_label("guests")).to_be_visible()
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found] == []
    assert page.evaluate("document.querySelector('article').scrollWidth") <= width
