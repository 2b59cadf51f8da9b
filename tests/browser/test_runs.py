"""What stands below a cell is what its run showed, whatever else goes on and however much it is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.test_exercises import write
from tests.browser.test_hosting import LESSON
from tests.browser.test_lessons import opened
from tools.driver.live import LiveKernel
from tools.gestures.player import EARLIER

PATIENCE = 60_000  # milliseconds
# A cell goes on when the page posts a message to its gate.
GATE = """
import asyncio, js
from pyodide.ffi import create_proxy
loop, gate = asyncio.get_running_loop(), asyncio.Event()
channel = js.BroadcastChannel.new("gate")
channel.onmessage = create_proxy(lambda message: loop.call_soon_threadsafe(gate.set))
"""
OPEN_GATE = "() => new BroadcastChannel('gate').postMessage('open')"
SPEAKERS = """
async def speak():
    await gate.wait()
    print("from a task")
    await asyncio.to_thread(print, "from its thread")
    loop.call_soon(print, "from a callback")
task = asyncio.create_task(speak())
print("begun")
"""
LISTENER = """
print("two begins")
await task
await asyncio.sleep(0)
print("two ends")
"""
ON_TWO_STREAMS = """
import sys
for _ in range(50_000):
    print("to one")
    print("to the other", file=sys.stderr)
"""
FLOOD = "for number in range(1, 20_001):\n    print('line', number)"


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One reader for all of these: the first starts Python from nothing, the rest from memory."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, public: str) -> Iterator[Page]:
    """A lesson that is made live, as the course wrote it."""
    with opened(context, f"{public}/{LESSON}") as page:
        yield page
        page.evaluate("() => localStorage.clear()")


def run(cell: Locator) -> None:
    """Press the cell's button."""
    cell.get_by_role("button", name="Run", exact=True).click()


def run_again(cell: Locator) -> None:
    """Press it while it does nothing."""
    cell.locator(".live-tools button").first.click(force=True)


def shown(cell: Locator) -> Locator:
    """What the cell shows of its last run."""
    return cell.locator(".live-output")


def expect_state(cell: Locator, state: str) -> None:
    """Wait until the cell says how it stands."""
    expect(cell.locator(".live-state")).to_have_text(state, timeout=PATIENCE)


def test_what_a_run_shows_has_the_letters_of_what_was_recorded(page: Page) -> None:
    letters = """(selector) => {
        const style = getComputedStyle(document.querySelector(selector));
        return [style.fontSize, style.fontFamily, style.lineHeight];
    }"""
    recorded = page.evaluate(letters, ".cell_output:not(.live-output) .highlight pre")
    one = write(page, 1, "print('now')")
    run(one)
    expect(shown(one)).to_have_text("now\n")
    assert page.evaluate(letters, ".live-output pre") == recorded


def test_what_a_task_prints_after_its_cell_has_ended_stands_below_that_cell(page: Page) -> None:
    one, two = write(page, 1, GATE + SPEAKERS), write(page, 2, LISTENER)
    run(one)
    expect_state(one, "done")
    run(two)
    expect(shown(two)).to_have_text("two begins\n")
    page.evaluate(OPEN_GATE)
    expect_state(two, "done")
    expect(shown(one)).to_have_text("begun\nfrom a task\nfrom its thread\nfrom a callback\n")
    expect(shown(two)).to_have_text("two begins\ntwo ends\n")


def test_it_stands_there_also_while_no_cell_runs(page: Page) -> None:
    one = write(page, 1, GATE + SPEAKERS)
    run(one)
    expect_state(one, "done")
    page.evaluate(OPEN_GATE)
    expect(shown(one)).to_have_text("begun\nfrom a task\nfrom its thread\nfrom a callback\n")


def test_what_an_earlier_run_prints_does_not_stand_below_the_next(page: Page) -> None:
    one = write(page, 1, GATE + SPEAKERS)
    run(one)
    expect_state(one, "done")
    write(page, 1, "print('first of the next')\nawait task\nprint('last')")
    run(one)
    expect(shown(one)).to_have_text("first of the next\n")
    page.evaluate(OPEN_GATE)
    expect_state(one, "done")
    expect(shown(one)).to_have_text("first of the next\nlast\n")


def test_output_says_when_the_code_above_it_is_another_by_now(page: Page) -> None:
    one = write(page, 1, f"{GATE}print('old')\nawait gate.wait()\nprint('old still')")
    run(one)
    expect(shown(one)).to_have_text("old\n")
    write(page, 1, "print('new')")
    expect(shown(one)).to_have_text(f"{EARLIER}old\n")
    page.evaluate(OPEN_GATE)
    expect_state(one, "done")
    expect(shown(one)).to_have_text(f"{EARLIER}old\nold still\n")
    run(one)
    expect_state(one, "done")
    expect(shown(one)).to_have_text("new\n")
    write(page, 1, "print('newer')")
    expect(shown(one)).to_contain_text(EARLIER)
    write(page, 1, "print('new')")
    expect(shown(one)).to_have_text("new\n")


def test_a_cell_that_runs_is_not_run_again_before_it_has_ended(page: Page) -> None:
    source = f"{GATE}times = globals().get('times', 0) + 1\nprint('run', times)\nawait gate.wait()"
    one = write(page, 1, source)
    run(one)
    run_again(one)
    expect(shown(one)).to_have_text("run 1\n", timeout=PATIENCE)
    expect(one.get_by_role("button", name="Running", exact=True)).to_be_disabled()
    run_again(one)
    page.evaluate(OPEN_GATE)
    expect_state(one, "done")
    two = write(page, 2, "times")
    run(two)
    expect(shown(two)).to_have_text("1")


def test_code_that_is_edited_and_run_while_the_cell_runs_is_run_next(page: Page) -> None:
    one = write(page, 1, f"{GATE}print('old')\nawait gate.wait()\n1 / 0")
    run(one)
    expect(shown(one)).to_have_text("old\n", timeout=PATIENCE)
    write(page, 1, "print('new')")
    run_again(one)
    run_again(one)
    page.evaluate(OPEN_GATE)
    expect(shown(one)).to_have_text("new\n")
    expect_state(one, "done")


def test_a_cell_that_waits_for_one_that_is_stopped_says_so(page: Page) -> None:
    one, two = write(page, 1, "print('for ever')\nwhile True: pass"), write(page, 2, "print(2)")
    run(two)
    expect(shown(one)).to_have_text("for ever\n", timeout=PATIENCE)
    one.get_by_role("button", name="Stop").click()
    expect(two.locator(".live-said")).to_have_text("not run: cell 1 was stopped")


def test_what_is_left_out_is_told_of_until_it_is_run(page: Page) -> None:
    one, two = write(page, 1, "print(1)"), write(page, 2, "print(2)")
    run(two)
    expect_state(two, "done")
    write(page, 1, "1 / 0")
    run_again(two)
    expect(two.locator(".live-said")).to_have_text("not run again: cell 1 ended with an error")
    write(page, 1, "print(3)")
    page.get_by_role("button", name="Run all").click()
    expect(two.locator(".live-said")).to_be_empty()
    expect(shown(one)).to_have_text("3\n")
    write(page, 1, "1 / 0")
    run_again(two)
    expect(two.locator(".live-said")).to_contain_text("not run again")
    page.get_by_role("button", name="Restart Python").click()
    expect(two.locator(".live-said")).to_be_empty()


def test_pressing_run_within_run_all_stops_nothing(page: Page) -> None:
    course = page.evaluate("() => document.querySelector('[data-live]').runner.cells[0].source")
    one = write(page, 1, f"{course}\n{GATE}print('begun')\nawait gate.wait();")
    page.get_by_role("button", name="Run all").click()
    expect(shown(one)).to_have_text("begun\n", timeout=PATIENCE)
    run_again(one)
    page.get_by_role("button", name="Run all").click()
    page.evaluate(OPEN_GATE)
    states = page.locator(".live-state")
    expect(states).to_have_text(["done"] * states.count(), timeout=PATIENCE)
    expect(shown(one)).to_have_text("begun\n")


def test_much_output_is_its_beginning_and_its_end_and_how_much_is_between(page: Page) -> None:
    one = write(page, 1, f"{FLOOD}\n'the value'")
    run(one)
    expect_state(one, "done")
    expect(shown(one).locator(".live-note")).to_have_text(
        "… 198,901 characters in 18,900 lines left out here …"
    )
    pieces = shown(one).locator("pre")
    expect(pieces).to_have_count(3)
    first, last, value = pieces.all_text_contents()
    assert first.splitlines() == [f"line {number}" for number in range(1, 1001)]
    assert last.splitlines() == [f"line {number}" for number in range(19_901, 20_001)]
    assert value == "'the value'"


@pytest.mark.parametrize("source", ["print('x' * 5_000_000)", "'x' * 5_000_000"])
def test_a_line_of_5_mb_is_its_beginning_and_its_end(page: Page, source: str) -> None:
    one = write(page, 1, source)
    run(one)
    expect_state(one, "done")
    text = shown(one).text_content()
    assert "… 4,956,00" in text
    assert len(text) < 50_000


def test_an_endless_loop_that_prints_leaves_the_page_usable_and_can_be_stopped(page: Page) -> None:
    endless = write(page, 1, "number = 0\nwhile True:\n    print('x')\n    number += 1")
    run(endless)
    note = shown(endless).locator(".live-note")
    expect(note).to_contain_text("left out here", timeout=PATIENCE)
    before = note.text_content()
    write(page, 2, "print('the page takes this meanwhile')")
    expect(note).not_to_have_text(before)
    endless.get_by_role("button", name="Stop").click()
    expect_state(endless, "stopped")
    expect(note).to_be_visible()
    write(page, 1, "print('once')")
    two = write(page, 2, "print('and it runs')")
    run(two)
    expect_state(two, "done")
    expect(shown(two)).to_have_text("and it runs\n")


def test_what_a_page_is_sent_does_not_grow_with_what_is_printed(
    browser: Browser, kernel_address: str
) -> None:
    with browser.new_page() as page:
        LiveKernel(page, kernel_address)
        page.evaluate("(code) => ask({kind: 'run', run: 1, cell: 1, code})", ON_TWO_STREAMS)
        page.wait_for_function("() => heard.at(-1)?.kind === 'done'", timeout=PATIENCE)
        messages = page.evaluate("() => heard")
    texts = [message["output"]["text"] for message in messages if message["kind"] == "output"]
    rests = [message for message in messages if message["kind"] == "rest"]
    assert len(messages) < 5_000
    assert sum(text.count("\n") for text in texts) == 1_000
    assert max(len(rest["text"]) for rest in rests) <= 4_000
    assert rests[-1]["lines"] == 100_000 - 1_000 - rests[-1]["text"].count("\n")
