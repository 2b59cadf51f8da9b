import gc
import subprocess
import sys

import pytest
from sqlalchemy import event, inspect, select, text
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from course.project import ROOT
from lantern import count_sql
from lantern.theatre import (
    Order,
    Show,
    make_engine,
    make_factories,
    make_sync_engine,
    seed,
    seed_sync,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine():
    engine = make_engine()
    await seed(engine, capacity=10)
    yield engine
    await engine.dispose()


async def test_an_engine_without_a_url_gets_a_file_of_its_own(engine):
    other = make_engine()
    assert engine.url.database != other.url.database
    assert engine.url.database.endswith("lantern.db")
    await other.dispose()


ASYNC_ENGINE = """
async def main():
    engine = make_engine()
    folder = Path(engine.url.database).parent
    await seed(engine)
    await engine.dispose()
    read, _ = make_factories(engine)
    del engine, _
    gc.collect()
    assert folder.exists(), "a factory holds its engine"
    del read
    gc.collect()
    assert not folder.exists()

asyncio.run(main())
"""
SYNC_ENGINE = """
engine = make_sync_engine()
folder = Path(engine.url.database).parent
seed_sync(engine)
del engine
gc.collect()
assert not folder.exists()
"""


@pytest.mark.parametrize("program", [ASYNC_ENGINE, SYNC_ENGINE], ids=["async", "sync"])
def test_its_file_goes_with_it_and_not_before(program):
    # In a fresh Python: what other tests left behind may hold an engine.
    imports = "import asyncio, gc\nfrom pathlib import Path\nfrom lantern.theatre import *\n"
    done = subprocess.run(
        [sys.executable, "-c", imports + program], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


async def test_a_file_of_the_users_own_stays(tmp_path):
    engine = make_engine(f"sqlite+aiosqlite:///{tmp_path}/own.db")
    await seed(engine)
    await engine.dispose()
    del engine
    gc.collect()
    assert (tmp_path / "own.db").exists()


@pytest.mark.parametrize(
    ("pragma", "value"), [("foreign_keys", 1), ("journal_mode", "wal"), ("busy_timeout", 5000)]
)
async def test_every_connection_of_the_pool_has_the_settings(engine, pragma, value):
    async with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            assert await connection.scalar(text(f"PRAGMA {pragma}")) == value


async def test_an_order_for_an_unknown_show_is_refused(engine):
    _, write = make_factories(engine)
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        async with write.begin() as session:
            session.add(Order(show_id=999, guest_id=1, total_cents=0))


async def test_a_savepoint_that_came_first_does_not_survive_the_rollback(engine):
    _, write = make_factories(engine)
    async with write() as session:
        async with session.begin_nested():
            session.add(Show(title="Othello", capacity=1))
        await session.rollback()
    async with engine.connect() as connection:
        assert (await connection.scalars(select(Show.title))).all() == ["The Tempest"]


async def test_as_shipped_the_savepoint_does_survive():
    engine = make_engine(as_shipped=True)
    await seed(engine, capacity=1)
    _, write = make_factories(engine)
    async with write() as session:
        async with session.begin_nested():
            session.add(Show(title="Othello", capacity=1))
        await session.rollback()
    async with engine.connect() as connection:
        titles = (await connection.scalars(select(Show.title).order_by(Show.id))).all()
    assert titles == ["The Tempest", "Othello"]
    await engine.dispose()


async def test_write_takes_the_lock_when_it_begins_and_read_does_not(engine):
    read, write = make_factories(engine)
    begins = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(connection, cursor, statement, *rest):
        if statement.startswith("BEGIN"):
            begins.append(statement)

    for factory in (read, write):
        async with factory.begin() as session:
            await session.scalar(select(1))
    assert begins == ["BEGIN", "BEGIN IMMEDIATE"]


async def test_objects_stay_readable_after_commit_and_a_closed_session_says_so(engine):
    _, write = make_factories(engine)
    async with write() as session:
        show = await session.get(Show, 1)
        await session.commit()
        assert show.title == "The Tempest"
    with pytest.raises(InvalidRequestError, match="permanently closed"):
        await session.get(Show, 1)


async def test_slow_waits_and_returns_its_seconds(engine):
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT slow(0.01)")) == 0.01


def test_the_sync_engine_keeps_the_same_promises():
    engine = make_sync_engine()
    seed_sync(engine, capacity=3)
    with engine.connect() as connection, count_sql(engine) as statements:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("SELECT count(*) FROM seats")) == 3
    assert len(statements) == 2
    assert {"shows", "seats", "guests", "holds", "orders", "tickets", "ledger"} == set(
        inspect(engine).get_table_names()
    )
    engine.dispose()
