"""What a lane did, seen from above: the definition, and that it is quick to find."""

import itertools
import random
import time

import pytest

from lantern import Recording, Span, Usage, draw
from lantern.recording import HOLDING, QUERYING, QUEUING, RUNNING, WAITING


def by_definition(recording, lane):
    """Look through every span for each piece of time: what hides the others is seen."""
    mine = [span for span in recording.spans if span.lane == lane]
    held = [Span(lane, HOLDING, use.start, use.end) for use in recording.usages if use.lane == lane]
    order = (RUNNING, QUEUING, QUERYING, HOLDING, WAITING)
    every = sorted(mine + held, key=lambda span: order.index(span.state))
    edges = sorted({edge for span in every for edge in (span.start, span.end)})
    merged = []
    for start, end in itertools.pairwise(edges):
        top = next((s for s in every if s.start <= start and end <= s.end), None)
        if top is None:
            continue
        if merged and merged[-1].state == top.state and merged[-1].sql == top.sql:
            start = merged.pop().start
        merged.append(Span(lane, top.state, start, end, top.sql))
    return merged


def at_random(seed, lanes=("one", "two"), spans=60):
    """Return a recording in which spans touch, overlap, are empty, and leave gaps."""
    chance = random.Random(seed)

    def between():
        return sorted(chance.choice(range(200)) / 10 for _ in range(2))

    states = (RUNNING, QUEUING, QUERYING, WAITING)
    return Recording(
        lanes=list(lanes),
        spans=[
            Span(chance.choice(lanes), chance.choice(states), *between(), chance.choice("ab"))
            for _ in range(chance.randrange(spans))
        ],
        usages=[
            Usage(1, chance.choice(lanes), *between()) for _ in range(chance.randrange(spans // 4))
        ],
    )


@pytest.mark.parametrize("seed", range(200))
def test_what_a_lane_did_is_what_hides_the_rest(seed):
    recording = at_random(seed)
    for lane in recording.lanes:
        assert recording.states(lane) == by_definition(recording, lane)


def test_ten_times_the_spans_are_drawn_for_about_ten_times_the_work():
    def work(spans):
        steps = [Span("one", RUNNING, n, n + 0.5) for n in range(spans)]
        waits = [Span("one", WAITING, 0.0, float(spans))]
        recording = Recording(["one"], steps + waits, seconds=float(spans))
        used = time.thread_time()
        draw(recording)
        return time.thread_time() - used

    work(100)
    assert work(20_000) < 40 * work(2_000)
