"""The rows that the check of ch09-ex4 draws are like those that a PostgreSQL shows."""

import asyncio
import sys
from contextlib import AsyncExitStack, suppress
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from course.checks.ch09_postgresql.activity import (
    DATABASE,
    DISABLED,
    FAILED_IN,
    IDLE_IN,
    draw,
)
from lantern.theatre import postgres_database

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no server of its own")
STATES = ("active", "idle", IDLE_IN, FAILED_IN, DISABLED, None)
TIMES = ("backend_start", "xact_start", "query_start", "state_change")


def shape(row: dict[str, Any]) -> dict[str, Any]:
    """What a program may rely on: which columns are empty, and the order of the times."""
    times = {name: row[name] for name in TIMES if row[name] is not None}
    return {
        "empty": sorted(n for n, value in row.items() if value is None and n != "wait_event"),
        "a client": row["backend_type"] == "client backend",
        "waits for the client": row["wait_event"] == "ClientRead",
        "aware": {time.tzinfo is not None for time in times.values()},
        "order": sorted(times, key=lambda name: (times[name], TIMES.index(name))),
    }


async def bring_into(connection: AsyncConnection, state: str) -> None:
    await connection.execute(text("SELECT 1"))
    if state == "idle":
        await connection.commit()
    if state == FAILED_IN:
        with suppress(SQLAlchemyError):
            await connection.execute(text("SELECT 1 / 0"))
    if state == DISABLED:
        await connection.execute(text("SET track_activities = off"))
    if state == "active":
        await connection.execute(text("SELECT pg_sleep(60)"))


@pytest.mark.anyio
async def test_a_row_of_each_state_is_like_the_servers_own() -> None:
    snapshot = draw(Random(7))
    drawn = {row["state"]: row for row in snapshot.rows if row["datname"] in (DATABASE, None)}
    columns = ", ".join(drawn["idle"])
    asked = text(f"SELECT {columns} FROM pg_stat_activity WHERE datname = current_database()")
    launcher = text(f"SELECT {columns} FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    with postgres_database("asyncpg") as url:
        engine = create_async_engine(url)
        async with AsyncExitStack() as stack:
            for state in ("idle", IDLE_IN, FAILED_IN, DISABLED):
                await bring_into(await stack.enter_async_context(engine.connect()), state)
            async with engine.connect() as d, engine.connect() as eye:
                sleeper = asyncio.create_task(bring_into(d, "active"))
                seen: dict[Any, dict[str, Any]] = {}
                # For a moment it is active, and waits for the client to send the rest.
                while seen.get("active", {}).get("wait_event") != "PgSleep":
                    rows = [dict(row) for row in (await eye.execute(asked)).mappings()]
                    mine = [row for row in rows if "pg_stat_activity" not in row["query"]]
                    seen = {row["state"]: row for row in mine}
                    await eye.rollback()
                seen[None] = dict((await eye.execute(launcher)).mappings().one())
                sleeper.cancel()
                with suppress(asyncio.CancelledError):
                    await sleeper
        await engine.dispose()
    for each in STATES:
        assert shape(drawn[each]) == shape(seen[each]), each
