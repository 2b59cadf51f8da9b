"""What the checks of this chapter share: hidden tests that fail, and what they run in.

Fixtures are entered as pytest would, and connections that nobody closes stay open.
"""

import contextlib
import inspect
import logging
from collections.abc import AsyncIterator, Iterable
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

from course.checks.sessions import Rows
from lantern.theatre import Guest, Order, Show

BLUE = "the seats are blue"


class Failed(AssertionError):
    """What a hidden test raises that is meant to fail."""


class GivenUp(BaseException):
    """What a hidden test raises as pytest.fail and pytest.skip do: it is no Exception."""


POOL = logging.getLogger("sqlalchemy.pool")


def house(show: int, guest: int, keys: Iterable[str]) -> list[Rows]:
    """Return the rows of a show, a guest, and an order of theirs for each key."""
    order = {"show_id": show, "guest_id": guest, "total_cents": 0}
    return [
        (Show, [{"id": show, "title": "The Tempest", "capacity": 120}]),
        (Guest, [{"id": guest, "email": "mara@lantern.example"}]),
        (Order, [order | {"key": key} for key in keys]),
    ]


def what_it_is(made: Any) -> str:
    """Return nothing for what can be entered as a fixture, and else what it is."""
    if inspect.iscoroutine(made):
        made.close()
        return "a coroutine"
    if inspect.isasyncgen(made) or hasattr(made, "__aenter__"):
        return ""
    return type(made).__name__


@contextlib.asynccontextmanager
async def as_pytest_would(made: Any) -> AsyncIterator[Any]:
    """Enter what the answer returned: a context manager, or a generator as fixtures are.

    A generator goes on after its `yield` whatever became of the test, and if both fail, pytest
    tells of both: the test's own error comes first.
    """
    if not inspect.isasyncgen(made):
        async with made as given:
            yield given
        return
    given = await anext(made)
    try:
        yield given
    except BaseException:
        with contextlib.suppress(Exception):
            await anext(made, None)
        raise
    await anext(made, None)


@contextlib.asynccontextmanager
async def kept_open(engine: AsyncEngine) -> AsyncIterator[None]:
    """Keep every connection, so that no garbage collector gives one back; end with all closed."""
    kept: list[Any] = []
    event.listen(engine.sync_engine, "engine_connect", kept.append)
    try:
        yield
    finally:
        # One that was cut off in the middle of a statement cannot be reset; the pool would say so.
        level = POOL.level
        POOL.setLevel(logging.CRITICAL)
        for connection in kept:
            await greenlet_spawn(connection.close)
        POOL.setLevel(level)
        await engine.dispose()
