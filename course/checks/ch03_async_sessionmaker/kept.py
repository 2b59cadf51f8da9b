"""What the exercises of this chapter look through: an engine, and sessions that are kept."""

import contextlib
import gc
import warnings
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from lantern.theatre import LedgerEntry, Order, Show, Ticket, make_engine


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
    # Messages of SQLAlchemy name the class: it is the one that the learner knows.
    kept = type("AsyncSession", (Kept,), {"every": []})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*never awaited", RuntimeWarning)
        factory = async_sessionmaker(engine, class_=kept, **settings)
        try:
            yield engine, factory
        finally:
            await close_all(factory)
            await engine.dispose()
            gc.collect()


async def sell_tickets(engine: AsyncEngine, tickets: Mapping[int, Sequence[int]]) -> None:
    """Give each show its orders, with that many tickets each; counters and ledger agree."""
    async with AsyncSession(engine) as session, session.begin():
        for show_id, counts in tickets.items():
            if await session.get(Show, show_id) is None:
                session.add(Show(id=show_id, title=f"Evening {show_id}", capacity=100))
            for count in counts:
                order = Order(show_id=show_id, guest_id=1, total_cents=2500 * count)
                order.tickets = [Ticket() for _ in range(count)]
                session.add(order)
                await session.flush()
                session.add(LedgerEntry(order_id=order.id, amount_cents=order.total_cents))
            show = await session.get_one(Show, show_id)
            show.sold = sum(counts)


def class_of(value: Any) -> str | None:
    """Return the name of a value's class; None for None."""
    return None if value is None else type(value).__name__
