"""The same cases on CPython, in Chromium and in Firefox: what they see must be the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from course.project import ROOT
from tests.browser import cases
from tools.driver.firefox import FirefoxPage
from tools.driver.live import LiveKernel, forbid_waiting, printed_json

SOURCE = Path(cases.__file__)
OBSERVE = "import asyncio, json\nprint(json.dumps({}, default=sorted))"
GROWTH = """
import asyncio
from pyodide_js import _module
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from lantern.theatre import make_engine
engine = make_engine(pool_size=10)
async def worker(number):
    async with AsyncSession(engine) as session:
        for _ in range(20):
            assert await session.scalar(text("SELECT :n"), {"n": number}) == number
async def rounds(count):
    sizes = []
    for _ in range(count):
        await asyncio.gather(*(worker(number) for number in range(30)))
        sizes.append(_module.HEAP8.length)
    return sizes
"""
# What these look at is a wait in the middle of a call, or what happens to others meanwhile.
WAITING = (
    "a_greenlet_hands_values_back_and_forth",
    "switches_pack_arguments_as_values",
    "an_error_can_be_thrown_into_a_greenlet",
    "an_error_that_passes_between_greenlets_keeps_its_context",
    "a_greenlet_that_is_told_to_exit_returns_the_exit",
    "a_greenlet_has_context_variables_of_its_own_or_shares_them",
    "a_trace_is_told_of_every_switch",
    "a_timeout_cancels_inside_a_greenlet",
    "two_hundred_greenlets_wait_at_once",
    "threads_wake_by_their_times",
    "threads_have_names_numbers_and_values_of_their_own",
    "locks_and_events_give_up_in_time",
    "processor_time_is_what_python_computed",
    "an_attempt_ends_when_nothing_can_come_and_not_while_a_thread_may_bring_it",
    "a_queue_passes_things_between_threads",
    "an_alarm_ends_what_never_waits",
    "one_session_in_three_tasks_is_refused",
    "closing_a_session_that_connects_is_refused",
    "thirty_tasks_share_a_pool_of_three",
    "a_pool_gives_up_in_time",
    "a_sync_pool_gives_up_in_time_and_holds_up_the_loop",
    "an_explorer_finds_the_orders_that_break_and_no_others",
    "ten_writers_wait_for_each_other",
    "a_database_stays_locked_until_the_busy_timeout",
    "a_lock_in_another_thread_is_waited_for_with_the_loop_free",
    "queries_wait_side_by_side",
    "every_driver_connection_has_a_thread",
    "twenty_requests_are_served_at_once",
    "plain_endpoints_and_dependencies_run_in_threads",
    "at_most_forty_endpoints_run_in_threads",
    "a_test_client_calls_an_app_from_plain_code",
)
NAMES = [function.__name__ for function in cases.CASES]


@pytest.fixture(scope="module")
def on_cpython() -> dict[str, object]:
    """What every case sees here, in a process of its own."""
    program = f"{SOURCE.read_text('utf-8')}\n{OBSERVE.format('asyncio.run(observe())')}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return json.loads(done.stdout.strip().splitlines()[-1])


def observed(
    page: Page | FirefoxPage, address: str, but: tuple[str, ...] = ()
) -> dict[str, object]:
    """What every case but some sees in the kernel of a page."""
    kernel = LiveKernel(page, address)
    kernel.run(SOURCE.read_text("utf-8"), "cases")
    return printed_json(kernel.run(OBSERVE.format(f"await observe({but!r})"), "observe"))


@pytest.fixture(scope="module")
def in_chromium(browser: Browser, kernel_address: str) -> dict[str, object]:
    """What every case sees in Chromium."""
    with browser.new_page() as page:
        return observed(page, kernel_address)


@pytest.fixture(scope="module")
def without_waiting(browser: Browser, kernel_address: str) -> dict[str, object]:
    """What the cases see that need no waiting, in a Chromium without Promise Integration."""
    with browser.new_context() as context:
        forbid_waiting(context)
        return observed(context.new_page(), kernel_address, WAITING)


@pytest.fixture(scope="module")
def in_firefox(firefox_page: FirefoxPage, kernel_address: str) -> dict[str, object]:
    """What every case sees in Firefox."""
    return observed(firefox_page, kernel_address)


@pytest.mark.parametrize("name", NAMES)
def test_a_case_sees_the_same_in_chromium(
    name: str, in_chromium: dict[str, object], on_cpython: dict[str, object]
) -> None:
    assert not str(on_cpython[name]).startswith("raised "), on_cpython[name]
    assert in_chromium[name] == on_cpython[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_case_sees_the_same_in_firefox(
    name: str, in_firefox: dict[str, object], on_cpython: dict[str, object]
) -> None:
    assert in_firefox[name] == on_cpython[name]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WAITING])
def test_a_case_that_needs_no_waiting_sees_the_same_in_a_browser_that_cannot_wait(
    name: str, without_waiting: dict[str, object], on_cpython: dict[str, object]
) -> None:
    assert without_waiting[name] == on_cpython[name]


HELD_UP = """
import asyncio, json, time
from lantern import heartbeat
from pyodide.code import run_js

async def freeze_beside(hold):
    async with heartbeat() as pulse:
        hold()
        await asyncio.sleep(0.5)
    late = max(gap.end - gap.start for gap in pulse.gaps)
    return late > 0.25, pulse.longest_freeze > 0.25

def by_the_page():
    run_js("setTimeout(() => { const end = Date.now() + 400; while (Date.now() < end); }, 50)")

def by_python():
    asyncio.get_running_loop().call_later(0.05, time.sleep, 0.4)

print(json.dumps([await freeze_beside(by_the_page), await freeze_beside(by_python)]))
"""


def test_what_holds_up_the_page_is_no_freeze_and_what_python_holds_is(
    browser: Browser, kernel_address: str
) -> None:
    with browser.new_page() as page:
        told = printed_json(LiveKernel(page, kernel_address).run(HELD_UP, "held up"))
    late, late_and_frozen = [True, False], [True, True]
    assert told == [late, late_and_frozen]


def test_memory_does_not_grow_with_the_number_of_queries(
    browser: Browser, kernel_address: str
) -> None:
    """Rounds of 600 queries in 30 tasks: after the first ones the heap stays as large as it is."""
    with browser.new_page() as page:
        kernel = LiveKernel(page, kernel_address)
        kernel.run(GROWTH, "growth")
        told = kernel.run("import json\nprint(json.dumps(await rounds(8)))", "rounds")
    sizes = printed_json(told)
    assert sizes[-1] == sizes[3], sizes
