"""The explorer on a PostgreSQL: who waits is known from the server, and nothing is left out."""

import sys
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from lantern import draw_order, explore, replay, walk
from lantern.orders import told
from lantern.steps import WAIT
from lantern.theatre import make_engine, postgres_database
from tests.lantern.test_orders import Base, House, Show, every_order

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="it has no server of its own"),
]
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
DRIVERS = ("asyncpg", "psycopg")


@pytest.fixture(scope="module", params=DRIVERS)
def url(request: pytest.FixtureRequest) -> Iterator[URL]:
    with postgres_database(request.param) as url:
        yield url


@pytest.fixture(params=LEVELS)
async def engine(url: URL, request: pytest.FixtureRequest) -> Any:
    engine = make_engine(url, isolation_level=request.param)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


class Notes:
    """Some numbers in a database, and programs that read and write them, made from a seed."""

    def __init__(self, engine: AsyncEngine, longest: int = 2) -> None:
        self.engine, self.longest = engine, longest
        self.session = async_sessionmaker(engine)

    async def before(self) -> None:
        async with self.session.begin() as session:
            await session.execute(delete(Show))
            await session.execute(insert(Show), [{"id": 1, "left": 1}, {"id": 2, "left": 1}])

    async def end(self, outcomes: tuple[Any, ...]) -> Any:
        async with self.session() as session:
            rows = (await session.execute(select(Show.id, Show.left).order_by(Show.id))).all()
        return tuple(map(tuple, rows)), tuple(map(told, outcomes))

    def program(self, random: Random) -> Callable[[], Awaitable[Any]]:
        commits = random.random() < 0.8
        options = {"isolation_level": "AUTOCOMMIT"} if random.random() < 0.15 else {}
        actions = [
            (random.choice(tuple(ACTIONS)), random.choice((1, 2)))
            for _ in range(random.randint(1, self.longest))
        ]

        async def run() -> Any:
            known: list[Any] = []
            async with self.session() as session:
                await session.connection(execution_options=options)
                for action, row in actions:
                    await ACTIONS[action](session, row, known)
                await (session.commit() if commits else session.rollback())
            return known

        run.__qualname__ = f"{options} {actions} {commits}"
        return run


async def _read(session: Any, row: int, known: list[Any]) -> None:
    known.append(await session.scalar(select(Show.left).where(Show.id == row)))


async def _add_up(session: Any, row: int, known: list[Any]) -> None:
    known.append(sum(await session.scalars(select(Show.left))))


async def _lock(session: Any, row: int, known: list[Any]) -> None:
    known.append(
        await session.scalar(select(Show.left).where(Show.id == row).with_for_update())
    )


async def _double(session: Any, row: int, known: list[Any]) -> None:
    where = update(Show).where(Show.id == row).values(left=2 * Show.left)
    done = await session.execute(where, execution_options={"synchronize_session": False})
    known.append(done.rowcount)


async def _set(session: Any, row: int, known: list[Any]) -> None:
    new = sum(one for one in known if one) + 3
    where = update(Show).where(Show.id == row).values(left=new)
    await session.execute(where, execution_options={"synchronize_session": False})


async def _add_to_all(session: Any, row: int, known: list[Any]) -> None:
    where = update(Show).where(Show.left < 3).values(left=Show.left + row)
    done = await session.execute(where, execution_options={"synchronize_session": False})
    known.append(done.rowcount)


async def _insert(session: Any, row: int, known: list[Any]) -> None:
    await session.execute(insert(Show).values(id=row + 1, left=5))


async def _delete(session: Any, row: int, known: list[Any]) -> None:
    await session.execute(text(f"DELETE FROM shows WHERE id = {row}"))


async def _insert_inside(session: Any, row: int, known: list[Any]) -> None:
    try:
        async with session.begin_nested():
            await session.execute(insert(Show).values(id=row + 1, left=7))
    except Exception as error:
        known.append(type(error).__name__)


ACTIONS: dict[str, Callable[[Any, int, list[Any]], Awaitable[None]]] = {
    one.__name__: one
    for one in (_read, _add_up, _lock, _double, _set, _add_to_all, _insert, _delete, _insert_inside)
}


@pytest.mark.parametrize("seed", range(4))
async def test_no_end_is_missed_by_orders_that_are_left_out(
    engine: AsyncEngine, seed: int
) -> None:
    notes, random = Notes(engine), Random(seed)
    tasks = [notes.program(random) for _ in range(2)]
    ends = set()

    async def note(outcomes: tuple[Any, ...]) -> None:
        ends.add(await notes.end(outcomes))

    found = await explore(engine, *tasks, before=notes.before, invariant=note, limit=10_000)
    assert found.exhausted
    assert ends == await every_order(notes, tasks)
