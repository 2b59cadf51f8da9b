"""How many statements are sent, what may stand in one, and who waits for it in Python."""

import asyncio
import gc
import warnings

from sqlalchemy import insert, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from lantern import bridge, count_sql
from lantern.events import listening
from lantern.theatre import Order, Show, make_engine
from tools.lies.asking import difference, log_of_the_pool, named, on_postgresql, pid_of, told, waits

MANY = 200  # as many as the lesson has


@difference
async def add_all(engine: AsyncEngine) -> str:
    """`add_all` of two hundred new orders, and a flush."""
    async with AsyncSession(engine) as session:
        orders = (Order(show_id=1, guest_id=1, total_cents=0) for _ in range(MANY))
        session.add_all(orders)
        with count_sql(engine) as statements:
            await session.flush()
    return f"{len(statements)} statement{'s' if len(statements) > 1 else ''}"


@difference
async def handed_over(engine: AsyncEngine) -> str:
    """`await session.get(Show, 1)` on a session that has its connection."""
    counts = set()
    for _ in range(2):
        async with AsyncSession(engine) as session:
            await session.connection()
            with bridge(engine) as recording:
                await session.get(Show, 1)
        counts.add(len(recording.awaits))
    times = {1: "once", 2: "twice", 3: "three times"}
    return ", then ".join(
        times.get(count, f"{count} times") for count in sorted(counts, reverse=True)
    )


@difference
async def lazy_load(engine: AsyncEngine) -> str:
    """An attribute that was not loaded is touched, and what is left of it is collected."""
    with warnings.catch_warnings(record=True, action="always") as warned:
        async with AsyncSession(engine) as session:
            show = await session.get_one(Show, 1)
            try:
                show.orders  # noqa: B018 (the look is the mistake)
            except SQLAlchemyError as error:
                raised = named(error)
            del show
        gc.collect()
    # In debug mode, a second line says where it was made.
    said = [str(one.message).partition("\n")[0] for one in warned]
    never = [f"`{line}`" for line in said if "never awaited" in line]
    return f"{raised}{'; and later ' if never else ''}{' and '.join(never)}"


@difference
async def two_statements_in_one(engine: AsyncEngine) -> str:
    """`UPDATE …; UPDATE …` is sent as one text."""
    both = text("UPDATE shows SET sold = 1; UPDATE shows SET sold = 0")
    async with AsyncSession(engine) as session:
        return f"it {await told(session.execute(both))}"


@difference
async def two_flushes(engine: AsyncEngine) -> str:
    """Two tasks flush one session, and the first error of the two leaves its block."""
    own = make_engine(engine.url)  # over asyncpg its connection is of no use to anybody afterwards
    with log_of_the_pool(), warnings.catch_warnings(action="ignore"):
        end = await _flush_twice(engine, own)
        if own.driver == "asyncpg":
            own.sync_engine.dispose(close=False)
        else:
            await own.dispose()
        gc.collect()  # where the connection is left out, the pool says so now
    return end


async def _flush_twice(engine: AsyncEngine, own: AsyncEngine) -> str:
    an_order = {"show_id": 1, "guest_id": 1, "total_cents": 0}
    rolls_back = asyncio.Event()
    flushes: list[asyncio.Task[None]] = []

    async def write(session: AsyncSession, number: int) -> None:
        session.add(Order(id=number, **an_order))
        await session.flush()

    async def write_both() -> None:
        async with AsyncSession(own) as session:
            await session.connection()
            pid = await pid_of(session)
            flushes.append(asyncio.create_task(write(session, 1)))
            if pid is not None:
                await waits(engine, flushes[0], pid)
            await asyncio.gather(*flushes, write(session, 2))

    with listening((own.sync_engine, "rollback", lambda connection: rolls_back.set())):
        async with AsyncSession(engine) as holder:
            if on_postgresql(engine):  # who has the key keeps the first flush on its way
                await holder.execute(insert(Order).values(id=1, **an_order))
            both = asyncio.create_task(write_both())
            await rolls_back.wait()
        end = "no error"
        try:
            await both
        except SQLAlchemyError as error:
            end = named(error)
        await asyncio.wait(flushes)
    return end
