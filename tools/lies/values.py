"""Types, moments and comparisons."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from lantern.theatre import Guest, Order, Show, Ticket
from tools.lies.asking import difference, on_postgresql, refusal


async def _stored(engine: AsyncEngine, kind: Any, value: object) -> str:
    table = Table("kept", MetaData(), Column("id", Integer, primary_key=True), Column("it", kind))
    async with engine.begin() as connection:
        await connection.run_sync(table.metadata.drop_all)
        await connection.run_sync(table.metadata.create_all)
    async with AsyncSession(engine) as session:
        refused = await refusal(session.execute(insert(table).values(id=1, it=value)))
        if refused:
            return f"refused: {refused}"
        return f"stored as `{await session.scalar(select(table.c.it))!r}`"


@difference
async def moment_without_a_zone(engine: AsyncEngine) -> str:
    """A column without a time zone is given a moment with one."""
    return await _stored(engine, DateTime, datetime(2027, 3, 1, 19, 30, tzinfo=UTC))


@difference
async def moment_with_a_zone(engine: AsyncEngine) -> str:
    """Two moments of one night, in Vienna and in UTC, in a column with a time zone."""
    vienna = timezone(timedelta(hours=2))
    first = datetime(2027, 7, 1, 0, 30, tzinfo=vienna)
    second = datetime(2027, 6, 30, 23, 0, tzinfo=UTC)
    async with AsyncSession(engine) as session:
        if on_postgresql(engine):
            await session.execute(text("SET LOCAL TIME ZONE 'Asia/Tokyo'"))
        for number, moment in enumerate((first, second), 50):
            await session.execute(insert(Show).values(
                id=number, title="", capacity=1, sold=0, starts_at=moment
            ))  # fmt: skip
        new = Show.id >= 50
        read = await session.scalar(select(Show.starts_at).where(Show.id == 50))
        order = (await session.scalars(select(Show.id).where(new).order_by(Show.starts_at))).all()
    assert read
    right = "in the right order" if order == [50, 51] else "in the wrong order"
    return f"00:30+02:00 comes back as `{read.isoformat()[11:]}`, and the two {right}"


@difference
async def number_for_a_text(engine: AsyncEngine) -> str:
    """`WHERE email = :who`, with the number 5."""
    asked = text("SELECT count(*) FROM guests WHERE email = :who")
    async with AsyncSession(engine) as session:
        refused = await refusal(session.execute(asked, {"who": 5}))
    return f"refused: {refused}" if refused else "no row, and no error"


@difference
async def text_for_a_number(engine: AsyncEngine) -> str:
    """A column for numbers is given a word."""
    return await _stored(engine, Integer, "ten")


@difference
async def number_too_large(engine: AsyncEngine) -> str:
    """An Integer is given three thousand millions."""
    return await _stored(engine, Integer, 3_000_000_000)


@difference
async def text_too_long(engine: AsyncEngine) -> str:
    """A `String(3)` is given four letters."""
    return await _stored(engine, String(3), "Mara")


@difference
async def like(engine: AsyncEngine) -> str:
    """`Guest.email.like("MARA%")`, where the address begins with a small letter."""
    async with AsyncSession(engine) as session:
        found = await session.scalar(select(func.count()).where(Guest.email.like("MARA%")))
    return f"{found} found"


@difference
async def nulls_in_an_order(engine: AsyncEngine) -> str:
    """Rows are sorted by a column that is NULL in some."""
    async with AsyncSession(engine) as session:
        await session.execute(insert(Order).values(id=1, show_id=1, guest_id=1, total_cents=0))
        tickets: list[dict[str, int | None]] = [
            {"id": 1, "order_id": 1, "seat_id": 7},
            {"id": 2, "order_id": 1, "seat_id": None},
        ]
        await session.execute(insert(Ticket), tickets)
        first = await session.scalar(select(Ticket.seat_id).order_by(Ticket.seat_id).limit(1))
    return f"NULL comes {'last' if first else 'first'}"


@difference
async def column_beside_a_count(engine: AsyncEngine) -> str:
    """`SELECT email, count(*) FROM guests`, without a GROUP BY."""
    async with AsyncSession(engine) as session:
        asked = session.execute(select(Guest.email, func.count()).select_from(Guest))
        refused = await refusal(asked)
    return f"refused: {refused}" if refused else "one row, with somebody's address"


@difference
async def rows_without_an_order(engine: AsyncEngine) -> str:
    """Guest 1 changes the address; then all are read, without ORDER BY."""
    async with AsyncSession(engine) as session:
        renamed = update(Guest).where(Guest.id == 1).values(email="new@lantern.example")
        await session.execute(renamed)
        ids = (await session.execute(text("SELECT id FROM guests"))).scalars()
        return f"they come as {', '.join(map(str, ids))}"
