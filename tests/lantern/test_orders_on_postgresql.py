"""The explorer on a PostgreSQL: who waits is known from the server, and nothing is left out."""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from lantern import draw_order, explore, replay, walk
from lantern.on_postgresql import touched
from lantern.orders import told
from lantern.steps import COMMITTED, INSIDE, READ, WAIT, WRITE, Touch, Transaction
from lantern.theatre import make_engine, postgres_database
from tests.lantern.test_orders import Base, House, Show, every_order

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="it has no server of its own"),
]
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
DRIVERS = ("asyncpg", "psycopg")
AS_IT_IS = {"synchronize_session": False}  # no query of SQLAlchemy's own for what a session holds
Task = Callable[[], Awaitable[Any]]


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
    known.append(await session.scalar(select(Show.left).where(Show.id == row).with_for_update()))


async def _double(session: Any, row: int, known: list[Any]) -> None:
    where = update(Show).where(Show.id == row).values(left=2 * Show.left)
    done = await session.execute(where, execution_options=AS_IT_IS)
    known.append(done.rowcount)


async def _set(session: Any, row: int, known: list[Any]) -> None:
    new = sum(one for one in known if one) + 3
    where = update(Show).where(Show.id == row).values(left=new)
    await session.execute(where, execution_options=AS_IT_IS)


async def _add_to_all(session: Any, row: int, known: list[Any]) -> None:
    where = update(Show).where(Show.left < 3).values(left=Show.left + row)
    done = await session.execute(where, execution_options=AS_IT_IS)
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


# These were seen to go red where a COMMIT or a write was taken for less than it is.
@pytest.mark.parametrize("seed", [2, 6, 13])
async def test_no_end_is_missed_by_orders_that_are_left_out(engine: AsyncEngine, seed: int) -> None:
    notes, random = Notes(engine), Random(seed)
    tasks = [notes.program(random) for _ in range(2)]
    ends = set()

    async def note(outcomes: tuple[Any, ...]) -> None:
        ends.add(await notes.end(outcomes))

    found = await explore(engine, *tasks, before=notes.before, invariant=note, limit=10_000)
    assert found.exhausted
    assert ends == await every_order(notes, tasks)


class Evening:
    """Two shows with one seat left each, and what can go wrong between two transactions."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.session = async_sessionmaker(engine)
        self.before = Notes(engine).before

    async def ends(self, *tasks: Task) -> set[Any]:
        """What both were told, and the seats left then, in every order."""
        ends = set()

        async def note(outcomes: tuple[Any, ...]) -> None:
            async with self.session() as session:
                left = tuple(await session.scalars(select(Show.left).order_by(Show.id)))
            told = (None if isinstance(one, DBAPIError) else one for one in outcomes)
            ends.add((tuple(told), left))

        found = await explore(self.engine, *tasks, before=self.before, invariant=note)
        assert found.exhausted
        return ends

    def put(self, row: int, left: Any, commits: bool = True) -> Task:
        async def run() -> str:
            async with self.session() as session:
                await session.execute(update(Show).where(Show.id == row).values(left=left))
                await (session.commit() if commits else session.rollback())
            return "put"

        return run

    def look_twice(self, what: Any) -> Task:
        async def run() -> tuple[Any, Any]:
            async with self.session.begin() as session:
                return await session.scalar(what), await session.scalar(what)

        return run

    async def dirty_read(self) -> bool:
        look = self.look_twice(select(Show.left).where(Show.id == 1))
        return any(9 in told[1] for told, _ in await self.ends(self.put(1, 9, False), look))

    async def non_repeatable_read(self) -> bool:
        look = self.look_twice(select(Show.left).where(Show.id == 1))
        return any(told[1] == (1, 9) for told, _ in await self.ends(self.put(1, 9), look))

    async def phantom(self) -> bool:
        async def add() -> None:
            async with self.session.begin() as session:
                await session.execute(insert(Show).values(id=3, left=1))

        look = self.look_twice(select(func.count()).select_from(Show))
        return any(told[1] == (2, 3) for told, _ in await self.ends(add, look))

    async def lost_update(self) -> bool:
        async def one_more() -> str:
            async with self.session.begin() as session:
                (await session.get_one(Show, 1)).left += 1
            return "put"

        return (("put", "put"), (2, 1)) in await self.ends(one_more, one_more)

    async def write_skew(self) -> bool:
        def sell_if_another_is_left(row: int) -> Task:
            async def run() -> str:
                async with self.session.begin() as session:
                    if sum(await session.scalars(select(Show.left))) < 2:
                        return "kept"
                    sold = update(Show).where(Show.id == row).values(left=0)
                    await session.execute(sold, execution_options=AS_IT_IS)
                return "put"

            return run

        tasks = (sell_if_another_is_left(row) for row in (1, 2))
        return (("put", "put"), (0, 0)) in await self.ends(*tasks)


ANOMALIES = ("dirty_read", "non_repeatable_read", "phantom", "lost_update", "write_skew")
SLIPS_THROUGH = {
    "READ COMMITTED": {"non_repeatable_read", "phantom", "lost_update", "write_skew"},
    "REPEATABLE READ": {"write_skew"},
    "SERIALIZABLE": set(),
}


async def test_each_level_lets_through_what_it_does_and_no_more(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        level = await connection.get_isolation_level()
    found = {name for name in ANOMALIES if await getattr(Evening(engine), name)()}
    assert found == SLIPS_THROUGH[level]


async def test_sqlite_lets_none_of_them_through() -> None:
    engine = make_engine()
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    assert [name for name in ANOMALIES if await getattr(Evening(engine), name)()] == []
    await engine.dispose()


def writes(engine: AsyncEngine, *rows: int, first: str = "") -> Task:
    """Return a task that doubles rows, one after the other, in one transaction."""

    async def run() -> None:
        async with async_sessionmaker(engine).begin() as session:
            if first:
                await session.execute(text(first))
            for row in rows:
                doubled = update(Show).where(Show.id == row).values(left=2 * Show.left)
                await session.execute(doubled, execution_options=AS_IT_IS)

    return run


async def nothing(outcomes: tuple[Any, ...]) -> None: ...


@pytest.mark.parametrize("engine", ["READ COMMITTED"], indirect=True)
async def test_a_step_that_takes_long_is_not_one_that_waits(engine: AsyncEngine) -> None:
    slow = writes(engine, 1, first="SELECT pg_sleep(0.3)")
    found = await explore(engine, slow, before=Notes(engine).before, invariant=nothing)
    assert set(found.outcomes) == {("None",)}


@pytest.mark.parametrize("engine", ["READ COMMITTED"], indirect=True)
async def test_who_may_not_say_who_finds_a_deadlock_is_told_that_the_clock_decided(
    engine: AsyncEngine,
) -> None:
    role = f"small_{engine.url.database}"
    async with engine.begin() as connection:
        await connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        await connection.execute(text(f"GRANT ALL ON shows TO {role}"))
        await connection.execute(text(f"ALTER ROLE {role} SET deadlock_timeout = '20ms'"))
    small = make_engine(engine.url.set(username=role))
    tasks = [writes(small, 1, 2), writes(small, 2, 1)]
    order = await replay("ABABAB", small, *tasks, before=Notes(small).before, invariant=nothing)
    found = await explore(small, *tasks, before=Notes(small).before, invariant=nothing)
    await small.dispose()
    async with engine.begin() as connection:
        await connection.execute(text(f"DROP OWNED BY {role}"))
        await connection.execute(text(f"DROP ROLE {role}"))
    assert sorted(map(told, order.outcomes)) == ["None", "deadlock detected (40P01)"]
    assert order.left_to_server
    assert not found.exhausted and found.left_to_server


@pytest.mark.parametrize("engine", ["READ COMMITTED"], indirect=True)
async def test_of_a_deadlock_each_one_is_ended_in_some_order_and_no_clock_says_who(
    engine: AsyncEngine,
) -> None:
    tasks = [writes(engine, 1, 2), writes(engine, 2, 1)]
    found = await explore(engine, *tasks, before=Notes(engine).before, invariant=nothing)
    ended = "deadlock detected (40P01)"
    assert set(found.outcomes) == {("None", "None"), ("None", ended), (ended, "None")}
    assert (found.exhausted, found.left_to_server) == (True, 0)


@pytest.mark.parametrize("engine", ["READ COMMITTED"], indirect=True)
@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("SET LOCAL lock_timeout = '20ms'", "lock not available (55P03)"),
        ("SET LOCAL statement_timeout = '20ms'", "query canceled (57014)"),
        ("SELECT id FROM shows FOR UPDATE NOWAIT", "lock not available (55P03)"),
    ],
)
async def test_who_has_to_wait_and_has_a_time_out_runs_out_of_it(
    engine: AsyncEngine, first: str, told: str
) -> None:
    tasks = [writes(engine, 1, first=first), writes(engine, 1)]
    found = await explore(engine, *tasks, before=Notes(engine).before, invariant=nothing)
    assert set(found.outcomes) == {("None", "None"), (told, "None")}
    assert found.exhausted


@pytest.mark.parametrize("engine", ["READ COMMITTED"], indirect=True)
async def test_a_deadlock_that_the_server_cannot_see_is_stuck(engine: AsyncEngine) -> None:
    session = async_sessionmaker(engine)

    async def in_two_sessions() -> None:
        async with session.begin() as one, session.begin() as two:
            for by in (one, two):
                await by.execute(text("UPDATE shows SET id = id"))

    found = await explore(engine, in_two_sessions, before=Notes(engine).before, invariant=nothing)
    assert [told for (told,) in found.outcomes] == [
        "lantern.conductor.Stuck: it waited for what no other task could give any more"
    ]


@pytest.mark.parametrize("engine", ["READ COMMITTED"], indirect=True)
async def test_of_two_that_wait_for_one_who_rolls_back_the_first_goes_on_first(
    engine: AsyncEngine,
) -> None:
    session = async_sessionmaker(engine)

    async def add(commits: bool = True) -> str:
        async with session() as adding:
            await adding.execute(insert(Show).values(id=3, left=1))
            await (adding.commit() if commits else adding.rollback())
        return "added"

    async def note(outcomes: tuple[Any, ...]) -> None:
        assert outcomes.count("added") == 2

    tasks: list[Task] = [partial(add, False), add, add]
    before = Notes(engine).before
    found = await explore(engine, *tasks, before=before, invariant=note)
    both_waited = [
        await replay(schedule, engine, *tasks, before=before, invariant=note)
        for schedule in ("ABCA", "ACBA")
    ]
    assert (found.exhausted, found.left_to_server) == (True, 0)
    firsts = [[one == "added" for one in order.outcomes] for order in both_waited]
    assert firsts == [[True, True, False], [True, False, True]]


@pytest.mark.parametrize("engine", ["READ COMMITTED"], indirect=True)
async def test_of_two_that_commit_as_they_go_on_at_once_the_first_is_not_told_and_it_is_no_proof(
    engine: AsyncEngine,
) -> None:
    session = async_sessionmaker(engine)

    async def at_once(row: int) -> None:
        async with session() as alone:
            await alone.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            await alone.execute(text(f"UPDATE shows SET id = id WHERE id = {row}"))

    tasks = [writes(engine, 1, 2), partial(at_once, 1), partial(at_once, 2)]
    found = await explore(engine, *tasks, before=Notes(engine).before, invariant=nothing)
    assert not found.exhausted
    assert found.left_to_server > 0
    together = await replay("AABCA", engine, *tasks, before=Notes(engine).before, invariant=nothing)
    assert [step.task for step in together.steps] == list("AABCABC")
    assert re.fullmatch(r"cut off: .* and in \d+ the server's clock decided", found.verdict)


@pytest.mark.parametrize("engine", ["READ COMMITTED"], indirect=True)
async def test_what_waits_in_the_server_is_drawn_where_it_waits_and_where_it_goes_on(
    engine: AsyncEngine,
) -> None:
    house = House(engine)
    tasks = [partial(house.reads_and_takes, "Read")] * 2
    found = await house.explore(*tasks)
    order = next(one for one in found.broken if any(step.kind == WAIT for step in one.steps))
    told = draw_order(order, "", ["Teo", "Ines"]).words.splitlines()
    waits = next(number for number, line in enumerate(told) if line.endswith("waits for Teo."))
    assert told[waits].endswith('UPDATE shows SET "left"=0 WHERE shows.id = 1, waits for Teo.')
    assert told[waits + 1].endswith("Teo: COMMIT.")
    assert told[waits + 2].endswith("gave 1 row, on what was read in step 3, before Teo committed.")
    part = await walk(order.schedule[:4], engine, *tasks, before=house.before)
    assert part.steps == order.steps[:4]
    assert [(step.task, step.kind) for step in part.next] == [(order.schedule[4], "commit")]
    again = await replay(
        order.schedule, engine, *tasks, before=house.before, invariant=house.is_right
    )
    assert again == order


@pytest.mark.parametrize("engine", ["READ COMMITTED"], indirect=True)
async def test_tasks_that_meet_in_memory_are_noticed_beside_open_connections(
    engine: AsyncEngine,
) -> None:
    lock, house = asyncio.Lock(), House(engine)

    async def one_at_a_time() -> bool:
        async with lock:
            return await house.reads_and_takes("Read")

    found = await house.explore(*[one_at_a_time] * 2)
    assert found.in_memory
    assert set(found.outcomes) == {("True", "False"), ("False", "True")}
    assert (found.exhausted, found.broken) == (True, ())


@pytest.mark.parametrize("engine", ["READ COMMITTED"], indirect=True)
async def test_the_connections_look_for_deadlocks_as_ever_afterwards(engine: AsyncEngine) -> None:
    await House(engine).explore(*[House(engine).takes_if_there] * 2)
    async with engine.connect() as one, engine.connect() as two:
        for connection in (one, two):
            told = await connection.exec_driver_sql("SHOW deadlock_timeout")
            assert told.scalar() == "1s"


@pytest.mark.parametrize(
    ("sql", "kind", "meets"),
    [
        ('SELECT "left" FROM shows WHERE id IN (1, 2)', READ, False),
        ("SELECT count(*) FROM shows", READ, False),
        ("SELECT pg_advisory_xact_lock(1)", READ, True),
        ("SELECT * INTO copied FROM shows", READ, True),
        ('INSERT INTO shows (id, "left") VALUES (1, 2)', WRITE, False),
        ("ROLLBACK TO SAVEPOINT one", INSIDE, True),
        ("SAVEPOINT one", INSIDE, False),
    ],
)
def test_what_a_statement_may_call_is_not_taken_for_a_read(
    sql: str, kind: str, meets: bool
) -> None:
    touch = touched(kind, sql, Transaction(), "read committed", commits=False)
    another_read = Touch(reads=frozenset({COMMITTED}))
    assert touch.meets(another_read) is meets
