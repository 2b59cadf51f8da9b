"""What a transaction takes back, and what it keeps."""

from contextlib import suppress

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, func, insert, inspect, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from lantern import transactions
from lantern.theatre import Guest, Show
from tools.lies.asking import as_shipped, difference, named, refusal, told

STAFF = 4  # guests that `seed` has added
known = insert(Guest).values(id=90, email="mara@lantern.example")


def new(number: int) -> Guest:
    """Return a guest who is not in the table."""
    return Guest(id=number, email=f"guest{number}@lantern.example")


@difference
async def go_on_after_an_error(engine: AsyncEngine) -> str:
    """A statement fails, its error is caught, and the transaction goes on."""
    async with AsyncSession(engine) as session:
        with suppress(IntegrityError):
            await session.execute(known)
        try:
            title = await session.scalar(select(Show.title))
        except SQLAlchemyError as error:
            return f"the next SELECT is told {named(error)}"
    return f"the next SELECT finds {title}"


@difference
async def commit_after_an_error(engine: AsyncEngine) -> str:
    """A row, then a row that is refused, caught in the block of `begin()`, which commits."""
    ends = []
    for savepoint in (False, True):
        with transactions(engine) as asked:
            async with AsyncSession(engine) as session, session.begin():
                await session.execute(insert(Guest).values(id=50 + savepoint, email=f"{savepoint}"))
                with suppress(IntegrityError):
                    if savepoint:
                        async with session.begin_nested():
                            await session.execute(known)
                    else:
                        await session.execute(known)
                active = session.is_active
        async with AsyncSession(engine) as session:
            row = await session.get(Guest, 50 + savepoint)
        marks = ", ".join(f"`{mark}`" for mark in asked)
        ends.append(
            f"{marks}, `is_active` {active}, and the first row is {'' if row else 'not '}stored"
        )
    return f"no error: {ends[0]}; with a savepoint around the second, {ends[1].split(', and ')[1]}"


@difference
@as_shipped
async def commit_that_fails(engine: AsyncEngine) -> str:
    """A COMMIT fails at a deferred key; then the session, and the next one on its connection."""
    letters = Table(
        "letters", MetaData(),
        Column("id", Integer, primary_key=True),
        Column("guest_id", ForeignKey(Guest.id, deferrable=True, initially="DEFERRED")),
    )  # fmt: skip
    async with engine.begin() as connection:
        await connection.run_sync(letters.create)
    await engine.dispose()  # one connection from here on
    async with AsyncSession(engine) as session:
        await session.execute(insert(letters).values(id=1, guest_id=99))
        try:
            await session.commit()
        except IntegrityError:
            asks = await refusal(session.scalar(select(Show.title)))
        else:
            return "the COMMIT stores a letter to nobody: no key is checked"
    async with AsyncSession(engine) as session:
        after = await told(session.execute(insert(letters).values(id=2, guest_id=1)))
    return f"the session says {asks}; the next one on its connection {after}"


@difference
@as_shipped
async def savepoints_and_an_error(engine: AsyncEngine) -> str:
    """Three rows, each in a savepoint, and then an error leaves the block."""
    with suppress(ZeroDivisionError):
        async with AsyncSession(engine) as session, session.begin():
            for number in range(3):
                async with session.begin_nested():
                    session.add(new(10 + number))
            raise ZeroDivisionError
    async with AsyncSession(engine) as session:
        count = await session.scalar(select(func.count(Guest.id)))
    return f"{(count or 0) - STAFF} of the three rows are stored"


@difference
@as_shipped
async def tables_rolled_back(engine: AsyncEngine) -> str:
    """Tables are made, and the transaction is rolled back."""
    tables = MetaData()
    for name in ("posters", "programmes"):
        Table(name, tables, Column("id", Integer, primary_key=True))
    async with engine.connect() as connection:
        await connection.run_sync(tables.create_all)
        await connection.rollback()
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    return f"{len(tables.tables.keys() & set(names))} of 2 tables are there"
