"""What a transaction sees of others, and whether it may write on that."""

import asyncio
from random import uniform

from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from lantern.theatre import Show
from tools.lies.asking import (
    as_shipped,
    difference,
    in_haste,
    on_postgresql,
    pid_of,
    refusal,
    said,
    told,
    waits,
)

sold = select(Show.sold)
LEVEL = text("SHOW transaction_isolation")
GUESTS = 10
ATTEMPTS = 200  # no more than a bound: whoever is refused was overtaken by one who is served


@difference
@as_shipped
@in_haste
async def one_block_each(engine: AsyncEngine) -> str:
    """Two look and write in a transaction each; both have looked before either writes."""
    async with AsyncSession(engine) as first, AsyncSession(engine) as second:
        ends = []
        shows = [await session.get_one(Show, 1) for session in (first, second)]
        for session, show in zip((first, second), shows, strict=True):
            show.sold += 1
            ends.append(await refusal(session.commit()) or "`sold`")
    async with AsyncSession(engine) as session:
        counted = await session.scalar(sold)
    return f"they are told {' and '.join(ends)}, and the show counts {counted}"


@difference
@as_shipped
async def looking_twice(engine: AsyncEngine) -> str:
    """One transaction looks twice; in between another one commits."""
    async with AsyncSession(engine) as reader:
        seen = [await reader.scalar(sold)]
        async with AsyncSession(engine) as seller, seller.begin():
            await seller.execute(update(Show).values(sold=1))
        seen.append(await reader.scalar(sold))
    return f"it sees {seen[0]}, then {seen[1]}"


@difference
@in_haste
async def locked_and_stale(engine: AsyncEngine) -> str:
    """An object that is known is read again, with FOR UPDATE, while another one renames it."""
    look = select(Show, Show.title).with_for_update()
    async with AsyncSession(engine) as mine, AsyncSession(engine) as other:
        known = await mine.get_one(Show, 1)
        await other.execute(update(Show).values(title="new"))
        pid = await pid_of(mine)
        looking = asyncio.create_task(mine.execute(look))
        waited = await waits(engine, looking, pid)
        await other.commit()
        _, title = (await looking).one()
        words = {"The Tempest": "old", "new": "new"}
        return (
            f"it {'waits' if waited else 'does not wait'}, the row has the {words[title]} title, "
            f"and the object the {words[known.title]} one"
        )


@difference
@as_shipped
async def ten_who_have_looked(engine: AsyncEngine) -> str:
    """Ten look, all at REPEATABLE READ where there is such a level, then each writes one more."""
    at = engine.execution_options(isolation_level="REPEATABLE READ")
    Session = async_sessionmaker(at if on_postgresql(engine) else engine)
    ends = []
    for attempts in (1, ATTEMPTS):
        async with AsyncSession(engine) as session, session.begin():
            await session.execute(update(Show).values(sold=0))
        all_have_looked = asyncio.Barrier(GUESTS)
        buying = [_buy(Session, all_have_looked, attempts) for _ in range(GUESTS)]
        told_of = await asyncio.gather(*buying)
        async with AsyncSession(engine) as session:
            counted = await session.scalar(sold)
        errors = " and ".join(sorted({one for one in told_of if one != "served"}))
        refused = f", the others are told {errors}" if errors else ""
        ends.append(f"{told_of.count('served')} served{refused}; the show counts {counted}")
    return f"{ends[0]}; with a retry, {ends[1]}"


async def _buy(
    Session: async_sessionmaker[AsyncSession], all_have_looked: asyncio.Barrier, attempts: int
) -> str:
    for attempt in range(attempts):
        try:
            async with Session.begin() as session:
                seen = await session.scalar(sold)
                if attempt == 0:
                    await all_have_looked.wait()
                await session.execute(update(Show).values(sold=(seen or 0) + 1))
            return "served"
        except DBAPIError as error:
            end = said(error)
        await asyncio.sleep(uniform(0, 0.002 * 2 ** min(attempt, 5)))
    return end


@difference
async def read_only(engine: AsyncEngine) -> str:
    """A factory's `execution_options` ask for a level and for reading alone, and one writes."""
    options = {"isolation_level": "SERIALIZABLE", "postgresql_readonly": True}
    async with async_sessionmaker(engine, execution_options=options)() as session:
        level = await session.scalar(LEVEL) if on_postgresql(engine) else None
        end = await told(session.execute(update(Show).values(sold=1)))
    return f"the UPDATE {end}{f', and the level is `{level}`' if level else ''}"
