"""Who gives a row its number, and which."""

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from lantern.theatre import Guest, Seat, Show
from tools.lies.asking import difference, said


async def _sign_up(session: AsyncSession, name: str) -> int:
    session.add(guest := Guest(email=f"{name}@lantern.example"))
    await session.flush()
    return guest.id


@difference
async def rows_with_their_numbers(engine: AsyncEngine) -> str:
    """Rows were moved with their numbers, 1 to 4; a new one brings none."""
    async with AsyncSession(engine) as session:
        try:
            return f"it is number {await _sign_up(session, 'olga')}"
        except IntegrityError as error:
            return f"refused: {said(error)}"


async def _a_show(engine: AsyncEngine, *, commit: bool) -> int:
    async with AsyncSession(engine) as session:
        session.add(show := Show(title="", capacity=1))
        await session.flush()
        number = show.id
        await (session.commit() if commit else session.rollback())
    return number


async def _without_the_first(engine: AsyncEngine) -> None:
    """Take away the show that `seed` has numbered itself, and whatever belongs to it."""
    async with AsyncSession(engine) as session, session.begin():
        for table in (Seat, Show):
            await session.execute(delete(table))


@difference
async def number_of_a_row_taken_back(engine: AsyncEngine) -> str:
    """A row is inserted and rolled back, and another one is inserted."""
    await _without_the_first(engine)
    numbers = [await _a_show(engine, commit=False), await _a_show(engine, commit=True)]
    return f"they are number {numbers[0]} and number {numbers[1]}"


@difference
async def number_of_a_row_deleted(engine: AsyncEngine) -> str:
    """The last row is deleted, and another one is inserted."""
    await _without_the_first(engine)
    numbers = [await _a_show(engine, commit=True)]
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(delete(Show))
    numbers.append(await _a_show(engine, commit=True))
    return f"they are number {numbers[0]} and number {numbers[1]}"
