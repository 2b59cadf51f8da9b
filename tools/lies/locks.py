"""Who waits for whom."""

import asyncio

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from lantern.theatre import Guest, Seat, Show
from tools.lies.asking import (
    CAPACITY,
    as_shipped,
    difference,
    in_haste,
    on_postgresql,
    pid_of,
    refusal,
    told,
    waits,
)

one_more = update(Show).values(sold=Show.sold + 1)
chairs = Table(
    "chairs", MetaData(), Column("id", Integer, primary_key=True), Column("holder", String)
)


@difference
@as_shipped
@in_haste
async def look_for_update(engine: AsyncEngine) -> str:
    """Two look for the last seat with FOR UPDATE, and the first buys it."""
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(update(Show).values(sold=CAPACITY - 1))
    look = select(Show).with_for_update()
    async with AsyncSession(engine) as first, AsyncSession(engine) as second:
        (await first.scalars(look)).one().sold += 1
        pid = await pid_of(second)
        looking = asyncio.create_task(second.scalar(look))
        waited = await waits(engine, looking, pid)
        await first.commit()
        show = await looking
        if show is None or show.sold == show.capacity:
            end = "and finds that it is sold out"
        else:
            show.sold += 1
            refused = await refusal(second.commit())
            end = f"and its write is told {refused}" if refused else "and sells the seat again"
    return f"the second look {'waits' if waited else 'does not wait'}, {end}"


@difference
async def one_update_with_a_subquery(engine: AsyncEngine) -> str:
    """Five guests take the first free chair of five in one UPDATE; the first one is slow."""
    async with engine.begin() as connection:
        await connection.run_sync(chairs.create)
        await connection.execute(insert(chairs), [{"id": number} for number in range(1, 6)])
    free = select(chairs.c.id).where(chairs.c.holder.is_(None)).order_by(chairs.c.id).limit(1)
    taking = (
        update(chairs)
        .where(chairs.c.id == free.scalar_subquery(), chairs.c.holder.is_(None))
        .values(holder="a guest")
        .returning(chairs.c.id)
    )

    async def take(before: asyncio.Event, pids: list[int | None]) -> int | None:
        async with AsyncSession(engine) as session, session.begin():
            pids.append(await pid_of(session))
            before.set()
            taken: int | None = await session.scalar(taking)
            return taken

    async with AsyncSession(engine) as slow, slow.begin():
        took = [await slow.scalar(taking)]
        others = []
        for _ in range(4):
            pids: list[int | None] = []
            begun = asyncio.Event()
            others.append(asyncio.create_task(take(begun, pids)))
            await begun.wait()
            if on_postgresql(engine):  # SQLite's wait for its busy timeout, which nobody can see
                await waits(engine, others[-1], pids[0])
    took += await asyncio.gather(*others)
    got = [chair for chair in took if chair]
    return f"{len(got)} of 5 get a chair, and {took.count(None)} are given `None`"


@difference
async def skip_locked(engine: AsyncEngine) -> str:
    """Five look for the first seat with SKIP LOCKED, and none commits."""
    look = select(Seat.id).order_by(Seat.id).limit(1).with_for_update(skip_locked=True)
    sessions = [AsyncSession(engine) for _ in range(5)]
    found = [await session.scalar(look) for session in sessions]
    for session in sessions:
        await session.close()
    return f"five look, and are given the seats {', '.join(map(str, found))}"


@difference
@in_haste
async def a_session_within_a_session(engine: AsyncEngine) -> str:
    """A request writes a row, and awaits a function that writes it in a session of its own."""
    async with AsyncSession(engine) as request, AsyncSession(engine) as diary:
        await request.execute(one_more)
        pid = await pid_of(diary)
        noting = asyncio.create_task(told(diary.execute(one_more)))
        if not await waits(engine, noting, pid):
            return f"the second {await noting}, once the busy timeout is over"
        clocks = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        ends = {await request.scalar(text(f"SHOW {clock}")) for clock in clocks}
        await request.rollback()
        await noting
    return "the second waits for the first, and " + (
        "no timeout of the server ends it" if ends == {"0"} else "a timeout of the server ends it"
    )


@difference
@in_haste
async def crosswise(engine: AsyncEngine) -> str:
    """One writes seat 1 and then 2, another one 2 and then 1."""

    def write(session: AsyncSession, seat: int) -> "asyncio.Task[str]":
        price = update(Seat).where(Seat.id == seat).values(price_cents=2000)
        return asyncio.create_task(told(session.execute(price)))

    async with AsyncSession(engine) as first, AsyncSession(engine) as second:
        pid = await pid_of(first)
        if pid is not None:  # a second is long; only a superuser may shorten it
            soon = "SELECT set_config('deadlock_timeout', '10ms', true)"
            await second.execute(text(f"{soon} WHERE current_setting('is_superuser') = 'on'"))
        await write(first, 1)
        if (refused := await write(second, 2)) != "goes well":
            return f"the second {refused} at its first seat"
        reaching = write(first, 2)
        await waits(engine, reaching, pid)
        crossing = write(second, 1)
        await asyncio.wait((reaching, crossing), return_when=asyncio.FIRST_COMPLETED)
        await (second if crossing.done() else first).rollback()
        ends = sorted((await reaching, await crossing))
    return f"each has its first seat; then one {ends[1]}, and the other {ends[0]}"


@difference
@in_haste
async def the_same_key(engine: AsyncEngine) -> str:
    """While somebody has inserted a key and not committed, others insert it, or another one."""
    ends = []
    for number, end in ((10, "commit"), (20, "rollback")):
        async with AsyncSession(engine) as first, AsyncSession(engine) as second:
            await first.execute(insert(Guest).values(id=number, email=end))
            other = await told(_add(engine, number + 1))
            pid = await pid_of(second)
            same = insert(Guest).values(id=number + 2, email=end)
            inserting = asyncio.create_task(told(second.execute(same)))
            if not await waits(engine, inserting, pid):
                return f"who has the same key {await inserting}, and who has another one {other}"
            await getattr(first, end)()
            ends.append(f"after the {end.upper()} it {await inserting}")
    return f"who has the same key waits: {', '.join(ends)}; who has another one {other}"


async def _add(engine: AsyncEngine, number: int) -> None:
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(insert(Guest).values(id=number, email=f"{number}"))


@difference
@as_shipped
@in_haste
async def commit_beside_a_reader(engine: AsyncEngine) -> str:
    """Somebody is in the middle of a result while another one commits."""
    async with engine.connect() as reader, AsyncSession(engine) as seller:
        result = await reader.stream(select(Guest.email).order_by(Guest.email))
        await result.fetchone()
        await seller.execute(one_more)
        end = await told(seller.commit())
        await result.close()
    return f"the COMMIT {end}"
