"""What every house answers alike."""

import asyncio
from datetime import datetime

from sqlalchemy import func, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lantern import count_sql
from lantern.theatre import Order, Show, Ticket, make_factories
from tools.lies.asking import CAPACITY, difference


def _order() -> Order:
    return Order(show_id=1, guest_id=1, total_cents=0, tickets=[Ticket()])


@difference
async def conditional_update(engine: AsyncEngine) -> str:
    """Twelve guests buy at once, by one UPDATE that looks and writes; there are ten seats."""

    async def buy() -> str:
        async with AsyncSession(engine) as session, session.begin():
            room = update(Show).where(Show.sold < Show.capacity).values(sold=Show.sold + 1)
            if (await session.execute(room)).rowcount == 0:  # type: ignore[attr-defined]
                return "sold out"
            session.add(_order())
        return "sold"

    told = await asyncio.gather(*(buy() for _ in range(CAPACITY + 2)))
    async with AsyncSession(engine) as session:
        tickets = await session.scalar(select(func.count(Ticket.id)))
    return f"{tickets} tickets; {told.count('sold out')} are told that it is sold out"


@difference
async def a_lock_for_each_process(engine: AsyncEngine) -> str:
    """Two guests buy the last seat, each behind an `asyncio.Lock` of another process."""
    Read, Write = make_factories(engine)
    both_have_looked = asyncio.Barrier(2)
    async with Write.begin() as session:
        await session.execute(update(Show).values(sold=CAPACITY - 1))

    async def buy(lock: asyncio.Lock) -> None:
        async with lock:
            async with Read() as session:
                show = await session.get_one(Show, 1)
            await both_have_looked.wait()
            if show.sold < show.capacity:
                async with Write.begin() as session:
                    session.add(_order())
                    await session.execute(update(Show).values(sold=show.sold + 1))

    await asyncio.gather(buy(asyncio.Lock()), buy(asyncio.Lock()))
    async with Read() as session:
        return f"{await session.scalar(select(func.count(Ticket.id)))} tickets for it"


class _Paper(DeclarativeBase):
    pass


class _Poster(_Paper):
    __tablename__ = "posters"
    id: Mapped[int] = mapped_column(primary_key=True)
    copies: Mapped[int]
    dated: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


@difference
async def what_the_database_fills_in(engine: AsyncEngine) -> str:
    """A new row, then a change of it; a column of it is filled in by the database each time."""
    ends = []
    async with engine.begin() as connection:
        await connection.run_sync(_Paper.metadata.create_all)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        session.add(poster := _Poster(copies=1))
        for word in ("INSERT", "UPDATE"):
            with count_sql(engine) as statements:
                await session.commit()
            (sql,) = statements
            returning = "with" if "RETURNING" in sql else "without"
            known = "not known" if "dated" in inspect(poster).unloaded else "known"
            ends.append(f"after an {word} {returning} `RETURNING` it is {known}")
            poster.copies = 2
    return ", ".join(ends)
