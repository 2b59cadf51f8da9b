import asyncio
import itertools
import threading
import time

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lantern import client, timeline
from lantern.recording import HOLDING, QUERYING, QUEUING, RUNNING, WAITING
from lantern.theatre import Show, make_engine, make_factories, make_sync_engine, seed

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine():
    engine = make_engine(pool_size=2, max_overflow=0, pool_timeout=0.35)
    await seed(engine, capacity=2)
    yield engine
    await engine.dispose()


def spent(recording, lane, state):
    return sum(s.end - s.start for s in recording.states(lane) if s.state == state)


async def test_requests_of_an_app_are_told_apart_by_what_they_wait_for(engine):
    read, _ = make_factories(engine)
    app = FastAPI()

    @app.get("/seats")
    async def seats():
        async with read() as session:
            await session.execute(text("SELECT slow(0.05)"))

    async with client(app) as http, timeline(engine) as recorder:
        names = ["one", "two", "three"]
        await asyncio.gather(*(recorder.lane(name, http.get("/seats")) for name in names))
    recording = recorder.recording
    assert recording.lanes == names
    assert recording.most_connections == 2
    assert sorted(use.lane for use in recording.usages) == sorted(names)
    assert {use.connection for use in recording.usages} == {1, 2}
    assert all(spent(recording, name, QUERYING) >= 0.05 for name in names)
    assert spent(recording, "three", QUEUING) >= 0.05, "the third waits for a connection"
    assert all(spent(recording, name, RUNNING) > 0 for name in names)


async def test_a_connection_that_is_held_for_nothing_is_seen(engine):
    async def hold_idle():
        async with engine.connect() as connection:
            await connection.execute(select(Show.id))
            await asyncio.sleep(0.05)

    async with timeline(engine) as recorder:
        await recorder.lane("clerk", hold_idle())
    assert spent(recorder.recording, "clerk", HOLDING) >= 0.05


async def test_spans_of_a_lane_follow_one_another_without_gap_or_overlap(engine):
    async def work():
        async with engine.connect() as connection:
            await connection.execute(select(Show.id))
        await asyncio.sleep(0.01)

    async with timeline(engine) as recorder:
        await recorder.lane("clerk", work())
    spans = recorder.recording.states("clerk")
    assert all(a.end == b.start for a, b in itertools.pairwise(spans))
    assert {WAITING, RUNNING, QUERYING} <= {span.state for span in spans}


async def test_a_frozen_loop_is_found_with_the_lane_that_ran():
    async def block():
        time.sleep(0.4)  # noqa: ASYNC251  the freeze to be recorded

    async with timeline() as recorder:
        await asyncio.gather(recorder.lane("culprit", block()), recorder.lane("other", noop()))
    recording = recorder.recording
    assert recording.frozen >= 0.35
    assert spent(recording, "culprit", RUNNING) >= 0.4
    assert spent(recording, "other", RUNNING) < 0.4


async def noop():
    await asyncio.sleep(0)


async def test_a_sync_engine_in_a_thread_belongs_to_the_lane_that_sent_it():
    engine = make_sync_engine()

    def query():
        assert threading.current_thread() is not threading.main_thread()
        with engine.connect() as connection:
            connection.execute(text("SELECT slow(0.05)"))

    async with timeline(engine) as recorder:
        await recorder.lane("request", asyncio.to_thread(query))
    assert spent(recorder.recording, "request", QUERYING) >= 0.05
    assert [use.lane for use in recorder.recording.usages] == ["request"]
    engine.dispose()


async def test_a_wait_that_times_out_is_a_wait_and_an_error_passes_through(engine):
    async def wait_in_vain():
        async with engine.connect():
            pass

    async with engine.connect(), engine.connect(), timeline(engine) as recorder:
        with pytest.raises(PoolTimeout):
            await recorder.lane("late", wait_in_vain())
    assert spent(recorder.recording, "late", QUEUING) >= 0.3
    assert recorder.recording.usages == []


async def test_a_statement_that_fails_is_recorded_and_the_lane_returns_its_value(engine):
    async def fail_then_answer():
        async with engine.connect() as connection:
            with pytest.raises(Exception, match="no such table"):
                await connection.execute(text("SELECT * FROM balcony"))
        return 7

    async with timeline(engine) as recorder:
        assert await recorder.lane("clerk", fail_then_answer()) == 7
    assert any("balcony" in span.sql for span in recorder.recording.spans)


async def test_cancelling_a_lane_cancels_its_work():
    ended = []

    async def serve():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("put the tickets back")

    async with timeline() as recorder:
        task = asyncio.create_task(recorder.lane("clerk", serve()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert ended == ["put the tickets back"]


async def test_nothing_is_recorded_after_the_block(engine):
    async with timeline(engine) as recorder:
        pass
    async with engine.connect() as connection:
        await connection.execute(select(Show.id))
    assert recorder.recording.spans == []
    assert "connect" not in vars(engine.sync_engine.pool)


async def test_a_timeline_inside_another_one_records_what_is_its_own(engine):
    async def look():
        async with engine.connect() as connection:
            await connection.execute(select(Show.id))

    async def inside():
        async with timeline(engine) as inner:
            await inner.lane("look", look())
        return inner.recording

    async with timeline(engine) as outer:
        inner = await outer.lane("all of it", inside())
        await outer.lane("later", look())
    assert inner.lanes == ["look"]
    assert {span.lane for span in inner.spans} == {"look"}
    assert {span.lane for span in outer.recording.spans} == {"all of it", "later"}
    for recording in (inner, outer.recording):
        assert {QUEUING, QUERYING} <= {span.state for span in recording.spans}
    assert "connect" not in vars(engine.sync_engine.pool)


@pytest.mark.parametrize("first", [0, 1], ids=["the first ends first", "the second ends first"])
async def test_timelines_of_one_engine_end_in_any_order(engine, first):
    async def look():
        async with engine.connect() as connection:
            await connection.execute(select(Show.id))

    blocks = [timeline(engine), timeline(engine)]
    recorders = [await block.__aenter__() for block in blocks]
    await blocks[first].__aexit__(None, None, None)
    other = recorders[1 - first]
    await other.lane("look", look())
    await blocks[1 - first].__aexit__(None, None, None)
    assert QUEUING in {span.state for span in other.recording.spans}
    assert recorders[first].recording.spans == []
    assert "connect" not in vars(engine.sync_engine.pool)
