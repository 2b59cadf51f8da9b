"""What the exercises of this chapter look through: an engine, and sessions that are kept."""

import contextlib
import gc
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

from lantern.theatre import Base, make_engine


class Kept(AsyncSession):
    """A session that is kept: what an answer does not close must not vanish unseen."""

    every: ClassVar[list["Kept"]] = []

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.every.append(self)


async def close_all(factory: Any) -> None:
    """Close what an answer left open; a session that several tasks used may refuse even that."""
    for session in factory.class_.every:
        with contextlib.suppress(Exception):
            await session.close()


@contextlib.asynccontextmanager
async def theatre(**options: Any) -> AsyncIterator[tuple[AsyncEngine, Any]]:
    """Give (engine, factory) for one observation, and leave nothing of it behind.

    The factory has the settings of the course's Read. An attribute that could not be loaded
    leaves a coroutine: it is collected here, so that its warning turns up nowhere else.
    """
    engine = make_engine(**options)
    settings: dict[str, Any] = {"expire_on_commit": False, "close_resets_only": False}
    # Messages of SQLAlchemy name the class: it is the one that the learner knows. Both classes
    # are of this observation, and so is what an answer listens to.
    ordinary = type("Session", (Session,), {})
    kept = type("AsyncSession", (Kept,), {"every": [], "sync_session_class": ordinary})
    with warnings.catch_warnings(), loading_of_always():
        warnings.filterwarnings("ignore", ".*never awaited", RuntimeWarning)
        factory = async_sessionmaker(engine, class_=kept, **settings)
        try:
            yield engine, factory
        finally:
            await close_all(factory)
            await engine.dispose()
            gc.collect()


@contextlib.contextmanager
def loading_of_always() -> Iterator[None]:
    """Put back how the models load their relationships: an answer may set it there."""
    relationships = [one for mapper in Base.registry.mappers for one in mapper.relationships]
    before = [one.strategy for one in relationships]
    try:
        yield
    finally:
        for one, strategy in zip(relationships, before, strict=True):
            one.strategy = strategy


def class_of(value: Any) -> str | None:
    """Return the name of a value's class; None for None."""
    return None if value is None else type(value).__name__
