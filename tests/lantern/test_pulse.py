"""A freeze is told from a busy machine: by looks at the clocks, and with a machine that is busy."""

import asyncio
import hashlib
import os
import sys
import threading
import time

import pytest

from lantern import heartbeat
from lantern.pulse import Look, frozen_seconds
from lantern.recording import FROZEN
from tests.busy_machine import busy_machine, compute

TURN = 0.01


def looks(*steps):
    """Return looks at the clocks: each is (seconds, processor time, queued) after the last."""
    told = [Look(100.0, 7.0)]
    for seconds, used, queued in steps:
        before = told[-1]
        told.append(Look(before.moment + seconds, before.used + used, queued))
    return told


STILL, QUEUED, AT_WORK = (TURN, 0.0, False), (TURN, 0.0, True), (TURN, TURN, False)
CASES = {
    "nobody used a processor while the observer came and went": ([STILL] * 30, 0.3),
    "the program computed all the time": ([AT_WORK] * 30, 0.3),
    "a call that computes and lets nobody look": ([(0.3, 0.3, False)], 0.3),
    "it computed, was preempted, computed": ([AT_WORK, (0.4, 0.0, True)] * 5, 0.05),
    "a thread was ready and stood in the queue": ([QUEUED] * 30, 0.0),
    "nothing of the program ran, the observer neither": ([(0.5, 0.0, False)], 0.0),
    "it stood still for too few turns to be sure": ([STILL] * 2 + [QUEUED] + [STILL] * 2, 0.0),
    "blocking calls one after the other": (([STILL] * 20 + [AT_WORK]) * 5, 1.05),
    "two threads computed at once": ([(TURN, 2 * TURN, False)] * 30, 0.3),
}


@pytest.mark.parametrize("case", CASES)
def test_a_gap_counts_for_what_the_program_did_in_it(case, monkeypatch):
    monkeypatch.setattr("lantern.pulse.PATIENT_TURNS", 3)
    steps, frozen = CASES[case]
    assert frozen_seconds(looks(*steps)) == pytest.approx(frozen)


def test_a_call_that_lets_no_other_thread_run_is_a_freeze_if_it_computes():
    async def held():
        async with heartbeat() as pulse:
            used = time.thread_time()
            while time.thread_time() - used < 0.3:
                # One call in C, which keeps the interpreter to itself.
                sum(range(200_000))
        return pulse.longest_freeze

    assert asyncio.run(held()) > FROZEN


async def longest(body):
    async with heartbeat() as pulse:
        await asyncio.sleep(0.02)
        await body()
    return pulse.longest_freeze


def test_on_a_busy_machine_a_free_loop_is_free_and_a_frozen_one_frozen():
    async def free():
        await asyncio.sleep(2)

    async def some_work():
        compute(0.05)

    async def sleeps():
        time.sleep(0.5)  # noqa: ASYNC251  the freeze to be measured

    async def computes():
        compute(0.3)

    async def all_four():
        return [await longest(body) for body in (free, some_work, sleeps, computes)]

    with busy_machine():
        free_loop, working, sleeping, computing = asyncio.run(all_four())
    assert free_loop < FROZEN
    assert working < FROZEN, "a little work that the machine drew out is no freeze"
    assert sleeping > FROZEN
    assert computing > FROZEN


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which threads are ready")
def test_a_loop_that_waits_for_a_thread_that_gets_no_processor_waits_for_the_machine():
    def is_seldom_served(size):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        hashlib.sha256(bytes(size))  # without holding the interpreter: the observer looks on

    async def joins():
        thread = threading.Thread(target=is_seldom_served, args=(size,))
        thread.start()
        thread.join()

    with busy_machine():
        size, seconds = 2**20, 0.0
        while seconds < 4 * FROZEN:
            size, began = 2 * size, time.perf_counter()
            frozen = asyncio.run(longest(joins))
            seconds = time.perf_counter() - began
    assert frozen < FROZEN


def test_the_observer_ends_with_the_heartbeat():
    async def beat():
        async with heartbeat():
            assert "observer" in {thread.name for thread in threading.enumerate()}

    asyncio.run(beat())
    assert "observer" not in {thread.name for thread in threading.enumerate()}
