"""The patience with an answer counts its work and its waits, and sees when nothing can come."""

import asyncio
import itertools
import queue
import signal
import subprocess
import sys
import threading
import time

import pytest

from course.checking.attempts import (
    Outcome,
    Stuck,
    attempt,
    attempt_sync,
    interruption,
    unblocked,
)
from course.checking.patience import IDLE, IDLE_LOOKS, LATE, WAITED, WORKED, Patience
from course.project import ROOT
from tests.busy_machine import busy_machine, compute

pytestmark = pytest.mark.anyio


async def never():
    await asyncio.get_running_loop().create_future()


async def a_deadline_far_away():
    await asyncio.wait_for(never(), 3600)


async def gives_a_thread_work_and_waits():
    await asyncio.to_thread(lambda: None)
    await never()


async def waits_among_many_threads():
    work = queue.SimpleQueue()
    for _ in range(300):
        threading.Thread(target=lambda: work.get(), daemon=True).start()
    await never()


def alone(answer):
    """How an attempt ends in a fresh Python: what other tests left running is work as well."""
    program = f"""
import asyncio
from course.checking.attempts import attempt
from tests.checking import test_attempts
outcome = asyncio.run(attempt(test_attempts.{answer.__name__}, seconds=0.6))
print(outcome.ended, outcome.spent, sep=",")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip().split(",")


async def polls():
    while True:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def goes_round():
    while True:  # noqa: ASYNC110
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("answer", "spent"),
    [
        (never, IDLE),
        (a_deadline_far_away, IDLE),
        (gives_a_thread_work_and_waits, IDLE),
        (waits_among_many_threads, IDLE),
        (polls, WAITED),
        (goes_round, WORKED),
    ],
)
def test_an_answer_that_does_not_return_is_told_by_what_it_did(answer, spent):
    assert alone(answer) == ["timed out", spent]


async def test_where_a_thread_is_at_work_something_can_still_come():
    async def answer():
        await asyncio.to_thread(lambda: None)  # its thread waits for more from now on
        return await asyncio.to_thread(lambda: time.sleep(0.7) or "done")

    assert (await attempt(answer, seconds=2.0)).value == "done"


async def test_who_computed_since_the_last_look_is_not_idle():
    # What it gave to a thread a moment ago the thread may not have seen.
    patience = Patience(seconds=60.0)
    for _ in range(2 * IDLE_LOOKS):
        compute(0.005)
        assert not patience.look(lambda: True)


@pytest.mark.parametrize("late", [1.0, LATE])
def test_on_a_busy_machine_it_takes_more_looks_to_see_that_nothing_can_come(late):
    patience = Patience(60.0, tick=1e-9, used=lambda: 0.0, late=late)  # each look comes late
    looks = list(iter(lambda: patience.look(lambda: True), IDLE))
    assert len(looks) + 1 == IDLE_LOOKS / late


async def test_a_timer_that_is_due_in_time_is_waited_for():
    async def answer():
        await asyncio.sleep(0.5)
        return "done"

    assert (await attempt(answer, seconds=1.0)).value == "done"


@pytest.mark.parametrize("blocks", [lambda: compute(3600), lambda: time.sleep(3600)])
async def test_code_that_holds_the_thread_is_ended_with_a_loop_and_without(blocks):
    async def answer():
        blocks()

    assert (await attempt(answer, seconds=0.3)).ended == "stuck"
    assert attempt_sync(blocks, seconds=0.3).ended == "stuck"


async def test_an_alarm_that_comes_between_two_tasks_takes_nothing_from_the_loop():
    loop, lost = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: lost.append(context))
    with unblocked(0.0):  # every alarm finds the patience spent, and none comes by the clock
        loop.call_soon(signal.raise_signal, signal.SIGALRM)
        await asyncio.sleep(0)
        with pytest.raises(Stuck):
            signal.raise_signal(signal.SIGALRM)
    assert lost == []


async def test_of_calls_that_overlap_each_is_ended_and_the_alarm_is_put_back():
    before, over = signal.getsignal(signal.SIGALRM), asyncio.Event()

    async def ends_first():
        over.set()

    async def blocks():
        await over.wait()
        await asyncio.sleep(0.3)
        compute(3600)

    calls = [attempt(call, seconds=0.6) for call in (ends_first, blocks)]
    assert [outcome.ended for outcome in await asyncio.gather(*calls)] == ["returned", "stuck"]
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


async def test_on_a_busy_machine_work_is_not_taken_for_a_hang():
    async def answer():
        for _ in range(4):
            await asyncio.to_thread(compute, 0.02)
            compute(0.02)
            await asyncio.sleep(0.01)
        return "done"

    with busy_machine():
        assert (await attempt(answer, seconds=1.0)).value == "done"
        assert attempt_sync(lambda: compute(0.15) or "done", seconds=1.0).value == "done"


@pytest.mark.parametrize("spent", [IDLE, WAITED, WORKED])
def test_each_end_of_the_patience_has_words_of_its_own(spent):
    # A check may put what it made of a value in its place.
    told = interruption(Outcome("timed out", spent=spent).as_dict() | {"value": None}, "report")
    assert told.startswith("report had not returned")
    assert ("the machine is so busy" in told) == (spent == WAITED)
    assert ("never comes" in told) == (spent != WORKED)


async def test_the_words_say_how_long_it_was_waited_for():
    async def spins():
        for _ in itertools.count():
            await asyncio.sleep(0)

    stuck = await attempt(lambda: compute(3600), seconds=1.0)
    busy = await attempt(spins, seconds=1.0)
    for outcome in (stuck, busy):
        assert "1 s " in interruption(outcome.as_dict(), "report"), outcome
