"""An engine that outlives its event loop. Each runs in a thread, which has no loop yet."""

import asyncio
import gc
import re
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from lantern.theatre import Show
from tools.lies.asking import difference, log_of_the_pool, named


def _plain(error: BaseException) -> str:
    """Return an error's line without the tasks and futures that it names."""
    return re.sub(
        r"Task <.*> got <?Future .* attached", "Task <…> got Future <…> attached", named(error)
    )


def _three_times(engine: AsyncEngine, once: Callable[[], None]) -> str:
    """Return what comes of each, and get rid of the engine, whose loops are gone."""
    ends = []
    with log_of_the_pool(), warnings.catch_warnings(action="ignore"):
        for _ in range(3):
            try:
                once()
                ends.append("answered")
            except (SQLAlchemyError, RuntimeError) as error:
                ends.append(_plain(error))
        if engine.driver == "asyncpg":  # it closes a connection in no other loop
            engine.sync_engine.dispose(close=False)
        else:
            asyncio.run(engine.dispose())
        gc.collect()  # what was left in the middle warns now
    return "answered, three times" if set(ends) == {"answered"} else "; ".join(ends)


async def _ask(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.scalar(select(Show.title))


def _in_loops(engine: AsyncEngine, ask: Callable[[AsyncEngine], Any] = _ask) -> str:
    """Ask in three loops, one after the other, with one engine."""

    def once() -> None:
        asyncio.run(ask(engine))

    return _three_times(engine, once)


@difference
async def three_loops(engine: AsyncEngine) -> str:
    """`asyncio.run` three times, with one engine."""
    return await asyncio.to_thread(_in_loops, create_async_engine(engine.url))


@difference
async def three_loops_and_a_ping(engine: AsyncEngine) -> str:
    """The same, with `pool_pre_ping=True`."""
    pinging = create_async_engine(engine.url, pool_pre_ping=True)
    return await asyncio.to_thread(_in_loops, pinging)


@difference
async def three_loops_and_no_pool(engine: AsyncEngine) -> str:
    """The same with `NullPool`, and with a pool that each loop disposes of before it ends."""

    async def ask_and_dispose(of: AsyncEngine) -> None:
        await _ask(of)
        await of.dispose()

    alone = create_async_engine(engine.url, poolclass=NullPool)
    ends = {
        await asyncio.to_thread(_in_loops, alone),
        await asyncio.to_thread(_in_loops, create_async_engine(engine.url), ask_and_dispose),
    }
    return " and ".join(sorted(ends))


def _three_requests(engine: AsyncEngine, alone: bool) -> str:
    @asynccontextmanager
    async def nothing(app: FastAPI) -> AsyncIterator[None]:
        yield

    app = FastAPI(lifespan=nothing)

    @app.get("/title")
    async def title() -> None:
        await _ask(engine)

    def once() -> None:
        if alone:
            TestClient(app).get("/title")
        else:
            with TestClient(app) as client:
                client.get("/title")

    return _three_times(engine, once)


@difference
async def clients_of_tests(engine: AsyncEngine) -> str:
    """Three requests of a `TestClient` without `with`, and three `with` blocks."""
    ends = [
        await asyncio.to_thread(_three_requests, create_async_engine(engine.url), alone)
        for alone in (True, False)
    ]
    return ends[0] if ends[0] == ends[1] else " / ".join(ends)


@difference
async def dispose_in_another_loop(engine: AsyncEngine) -> str:
    """One loop uses an engine, and another one disposes of it; what the pool logs."""

    def use_then_dispose(of: AsyncEngine) -> None:
        asyncio.run(_ask(of))
        asyncio.run(of.dispose())

    with log_of_the_pool() as logged:
        await asyncio.to_thread(use_then_dispose, create_async_engine(engine.url))
    return "; ".join(logged) or "nothing is logged"
