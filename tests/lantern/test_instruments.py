"""The small instruments: SQL, pool, heartbeat, expected errors."""

import asyncio
import gc
import time
import warnings

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import MissingGreenlet, StatementError

from lantern import (
    UnexpectedSuccess,
    checkins,
    count_sql,
    expect,
    first_line,
    heartbeat,
    is_missing_greenlet,
    pool_watch,
    transactions,
)
from lantern.theatre import Guest, Show, make_engine, make_factories, make_sync_engine, seed

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine():
    engine = make_engine(pool_size=2, max_overflow=0)
    await seed(engine, capacity=2)
    yield engine
    await engine.dispose()


async def test_count_sql_lists_statements_and_leaves_begin_out(engine):
    with count_sql(engine) as statements:
        async with engine.begin() as connection:
            await connection.execute(select(Show.id))
    assert statements == ["SELECT shows.id \nFROM shows"]
    async with engine.begin() as connection:
        await connection.execute(select(Show.id))
    assert len(statements) == 1, "it stops with its block"


async def test_pool_watch_sees_every_connection_go_out_and_come_back(engine):
    with pool_watch(engine) as watch:
        async with engine.connect(), engine.connect():
            pass
    assert [count for _, count in watch.steps] == [0, 1, 2, 1, 0]
    assert (watch.most, watch.in_use) == (2, 0)


async def test_transactions_tell_what_was_asked_for_in_order_and_stop_with_their_block(engine):
    _, Write = make_factories(engine)
    with transactions(engine) as asked:
        async with Write.begin() as session:
            async with session.begin_nested():
                session.add(Guest(email="one@lantern.example"))
            async with session.begin_nested() as savepoint:
                await session.scalar(select(Guest.id).limit(1))
                await savepoint.rollback()
        with pytest.raises(ZeroDivisionError):
            async with engine.begin():
                _ = 1 / 0
    async with engine.begin():
        pass
    first = ["begin", "savepoint", "release_savepoint", "savepoint", "rollback_savepoint", "commit"]
    assert asked == [*first, "begin", "rollback"]


@pytest.mark.parametrize("ends", ["clean", "open", "closed"])
async def test_checkins_tell_what_the_driver_says_of_each_connection(ends):
    engine = make_sync_engine(as_shipped=True, pool_reset_on_return=None)
    with checkins(engine) as said:
        connection = engine.raw_connection()
        if ends == "open":
            connection.cursor().execute("BEGIN")
        if ends == "closed":
            connection.invalidate()
        connection.close()
    assert said == [ends]
    engine.dispose()


async def test_checkins_of_an_async_engine_are_told_too(engine):
    with checkins(engine) as said:
        async with engine.connect(), engine.connect():
            pass
    assert said == ["clean", "clean"]


async def test_a_free_loop_is_told_from_a_frozen_one():
    async with heartbeat() as pulse:
        await asyncio.sleep(0.2)
    free = pulse.longest_freeze
    async with heartbeat() as pulse:
        time.sleep(0.2)  # noqa: ASYNC251  the freeze to be measured
    assert pulse.longest_freeze > 0.15
    assert free < pulse.longest_freeze


async def test_a_freeze_between_two_awaits_is_found():
    async with heartbeat() as pulse:
        await asyncio.sleep(0.02)
        time.sleep(0.1)  # noqa: ASYNC251  the freeze to be measured
        await asyncio.sleep(0.02)
    assert pulse.longest_freeze > 0.08


def test_expect_prints_the_line_a_terminal_would_show(capsys):
    with expect(ZeroDivisionError, match="division"):
        1 / 0  # noqa: B018
    assert capsys.readouterr().out == "ZeroDivisionError: division by zero\n"


def test_expect_is_loud_when_nothing_fails():
    with pytest.raises(UnexpectedSuccess, match="Expected ValueError"), expect(ValueError):
        pass


def test_expect_lets_another_error_or_message_through():
    with pytest.raises(KeyError), expect(ValueError):
        raise KeyError("seat")
    with pytest.raises(ValueError, match="A7"), expect(ValueError, match="B2"):
        raise ValueError("A7")


async def test_the_greenlet_error_is_known_in_both_shapes_and_leaves_no_warning(engine, capsys):
    read, _ = make_factories(engine)
    with warnings.catch_warnings(record=True) as late:
        warnings.simplefilter("always")
        async with read() as session:
            show = await session.get(Show, 1)
            with expect(MissingGreenlet):
                show.orders  # noqa: B018
        gc.collect()
    assert [w for w in late if "never awaited" in str(w.message)] == []
    assert capsys.readouterr().out.startswith("sqlalchemy.exc.StatementError: (sqlalchemy.exc.Mi")
    assert is_missing_greenlet(MissingGreenlet("bare, as asyncpg raises it"))
    assert not is_missing_greenlet(StatementError("other", None, None, ValueError()))


def test_first_line_names_the_module_and_leaves_addresses_out():
    class Printer:
        pass

    error = ValueError(f"no paper in {Printer()!r}\nsecond line")
    assert first_line(error).startswith("ValueError: no paper in <")
    assert " at 0x" not in first_line(error)
    assert "second" not in first_line(error)
    assert first_line(StatementError("m", None, None, ValueError())).startswith("sqlalchemy.exc.")


async def test_slow_queries_wait_side_by_side(engine):
    async with heartbeat() as pulse, engine.connect() as one, engine.connect() as two:
        await asyncio.gather(*(c.execute(text("SELECT slow(0.4)")) for c in (one, two)))
    assert pulse.longest_freeze < 0.4
