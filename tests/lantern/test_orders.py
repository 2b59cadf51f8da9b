"""The explorer: every order is run, the ones that break are found, and nothing is said too much."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import ForeignKey, delete, event, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lantern import DoesNotFit, Stuck, client, draw_order, explore, first_line, replay, walk
from lantern.conductor import Choose, Settings, TooLong
from lantern.orders import run_order
from lantern.steps import Pending, kind_of
from lantern.theatre.engines import make_engine, make_factories

pytestmark = pytest.mark.anyio


class Base(DeclarativeBase):
    pass


class Show(Base):
    __tablename__ = "shows"
    id: Mapped[int] = mapped_column(primary_key=True)
    left: Mapped[int]


class Ticket(Base):
    __tablename__ = "tickets"
    id: Mapped[int] = mapped_column(primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"))


class House:
    """A database with one show, some seats left, and what people do there."""

    def __init__(self, engine: AsyncEngine, left: int = 1) -> None:
        self.engine, self.left = engine, left
        self.Read, self.Write = make_factories(engine)

    async def before(self) -> None:
        async with self.Write.begin() as session:
            await session.execute(delete(Ticket))
            await session.execute(delete(Show))
            await session.execute(insert(Show), [{"id": 1, "left": self.left}])

    async def is_right(self, outcomes: tuple[Any, ...]) -> None:
        async with self.Read() as session:
            left = await session.scalar(select(Show.left))
        sold = outcomes.count(True)
        assert 0 <= left == self.left - sold, f"{sold} sold, {left} left of {self.left}"

    async def looks_then_takes(self) -> bool:
        async with self.Read() as session:
            left = await session.scalar(select(Show.left))
        if left == 0:
            return False
        async with self.Write.begin() as session:
            await session.execute(update(Show).values(left=left - 1))
        return True

    async def takes_if_there(self, factory: str = "Read") -> bool:
        async with getattr(self, factory).begin() as session:
            taken = update(Show).where(Show.left > 0).values(left=Show.left - 1)
            return (await session.execute(taken)).rowcount == 1

    async def reads_and_takes(self, factory: str) -> bool:
        async with getattr(self, factory).begin() as session:
            show = await session.get_one(Show, 1)
            if show.left == 0:
                return False
            show.left -= 1
        return True

    def explore(self, *tasks: Callable[[], Awaitable[Any]], **options: Any) -> Awaitable[Any]:
        return explore(
            self.engine, *tasks, **{"before": self.before, "invariant": self.is_right, **options}
        )


@pytest.fixture
async def house() -> Any:
    engine = make_engine()
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield House(engine)
    await engine.dispose()


async def test_an_order_that_sells_one_seat_twice_is_found_and_comes_again(house: House) -> None:
    tasks = [house.looks_then_takes] * 2
    found = await house.explore(*tasks)
    assert found.exhausted
    worst = found.broken[0]
    assert "2 sold, 0 left of 1" in worst.broken
    again = await replay(
        worst.schedule, house.engine, *tasks, before=house.before, invariant=house.is_right
    )
    assert again == worst


async def test_an_order_can_be_walked_step_by_step_to_its_end(house: House) -> None:
    tasks = [house.looks_then_takes] * 2
    worst = (await house.explore(*tasks)).broken[0]
    for taken, letter in enumerate(worst.schedule):
        order = await walk(worst.schedule[:taken], house.engine, *tasks, before=house.before)
        assert order.steps == worst.steps[:taken]
        coming = {step.task: step for step in order.next}
        assert coming[letter].sql == worst.steps[taken].sql
        assert order.outcomes == ()
    order = await walk(worst.schedule, house.engine, *tasks, before=house.before)
    assert (order.steps, order.outcomes, order.next) == (worst.steps, worst.outcomes, ())


async def test_what_was_walked_is_taken_back_and_who_cannot_go_on_is_not_among_the_next(
    house: House,
) -> None:
    tasks = [partial(house.takes_if_there, "Write"), partial(house.takes_if_there, "Write")]
    order = await walk("AA", house.engine, *tasks, before=house.before)
    assert [(step.task, step.kind) for step in order.next] == [("A", "commit")]
    async with house.Read() as session:
        assert await session.scalar(select(Show.left)) == house.left


async def test_the_picture_of_a_walk_says_what_can_come_next(house: House) -> None:
    tasks = [house.looks_then_takes] * 2
    order = await walk("AAA", house.engine, *tasks, before=house.before)
    picture = draw_order(order, "so far", ["Teo", "Ines"])
    assert picture.words.splitlines()[-1].startswith("Next: Teo with BEGIN IMMEDIATE, or Ines ")
    assert "it holds" not in repr(picture)
    with pytest.raises(DoesNotFit, match=r"step 2 is C's in the schedule"):
        await walk("AC", house.engine, *tasks, before=house.before)


async def test_an_order_that_is_right_is_not_called_broken(house: House) -> None:
    found = await house.explore(*[house.looks_then_takes] * 2)
    assert 0 < len(found.broken) < found.orders
    assert all(order.broken for order in found.broken)


@pytest.mark.parametrize("factory", ["Read", "Write"])
@pytest.mark.parametrize("buyers", [2, 3])
async def test_a_conditional_update_holds_in_every_order(
    house: House, factory: str, buyers: int
) -> None:
    found = await house.explore(*[partial(house.takes_if_there, factory)] * buyers)
    assert (found.exhausted, found.broken) == (True, ())
    winners = {tuple(outcome == "True" for outcome in outcomes) for outcomes in found.outcomes}
    assert winners == {tuple(n == winner for n in range(buyers)) for winner in range(buyers)}


async def test_who_read_before_another_wrote_is_refused_and_who_took_the_place_first_waits(
    house: House,
) -> None:
    deferred = await house.explore(*[partial(house.reads_and_takes, "Read")] * 2)
    immediate = await house.explore(*[partial(house.reads_and_takes, "Write")] * 2)
    locked = [any("database is locked" in one for one in words) for words in deferred.outcomes]
    assert any(locked)
    assert not all(locked)
    assert set(immediate.outcomes) == {("True", "False"), ("False", "True")}
    assert deferred.broken == immediate.broken == ()


async def test_a_search_that_is_cut_off_does_not_say_every_order(house: House) -> None:
    tasks = [house.looks_then_takes] * 3
    whole = await house.explore(*tasks)
    cut = await house.explore(*tasks, limit=whole.orders - 1)
    just = await house.explore(*tasks, limit=whole.orders)
    assert (whole.exhausted, cut.exhausted, just.exhausted) == (True, False, True)
    assert cut.verdict.startswith("cut off: ")
    assert whole.verdict.startswith("every order: ")


async def test_a_task_that_tries_for_ever_is_told_and_is_no_proof(house: House) -> None:
    async def tries_for_ever() -> None:
        while True:
            async with house.Read() as session:
                await session.scalar(select(Show.left))

    async def nothing(outcomes: tuple[Any, ...]) -> None:
        kept.append(outcomes)

    kept: list[tuple[Any, ...]] = []
    found = await house.explore(tries_for_ever, house.takes_if_there, invariant=nothing, limit=2)
    assert not found.exhausted
    assert any(isinstance(outcome, TooLong) for outcome, _ in kept)


async def test_an_invariant_that_returns_false_breaks_and_one_that_returns_nothing_holds(
    house: House,
) -> None:
    async def says(answer: object, outcomes: tuple[Any, ...]) -> object:
        return answer

    for answer, broken in ((False, True), (None, False), (0, False), (True, False)):
        found = await house.explore(house.takes_if_there, invariant=partial(says, answer))
        assert bool(found.broken) is broken


async def test_tasks_that_meet_at_a_lock_are_noticed_and_nothing_of_them_is_left_out(
    house: House,
) -> None:
    lock = asyncio.Lock()

    async def one_at_a_time() -> bool:
        async with lock:
            return await house.reads_and_takes("Read")

    found = await house.explore(*[one_at_a_time] * 2)
    assert found.in_memory
    assert set(found.outcomes) == {("True", "False"), ("False", "True")}
    assert (found.exhausted, found.broken) == (True, ())


async def test_what_tasks_share_in_memory_counts_where_it_is_said(house: House) -> None:
    sold: list[bool] = []

    async def forget() -> None:
        await house.before()
        sold.clear()

    async def looks_into_a_list() -> bool:
        if sold:
            return False
        async with house.Read() as session:
            await session.scalar(select(Show.left))
        sold.append(True)
        return True

    async def nothing(outcomes: tuple[Any, ...]) -> None: ...

    tasks, options = [looks_into_a_list] * 2, {"before": forget, "invariant": nothing}
    said = await house.explore(*tasks, in_memory=True, **options)
    unsaid = await house.explore(*tasks, **options)
    assert set(said.outcomes) == {("True", "True"), ("True", "False"), ("False", "True")}
    assert set(unsaid.outcomes) == {("True", "True")}, "this is what the docstring warns of"


async def test_a_task_that_nobody_can_wake_is_stuck_and_a_self_deadlock_is_locked(
    house: House,
) -> None:
    async def waits_for_nobody() -> None:
        await asyncio.Event().wait()

    async def two_sessions() -> None:
        async with house.Write.begin() as one, house.Write.begin() as two:
            await one.execute(text("SELECT 1"))
            await two.execute(text("SELECT 1"))

    async def nothing(outcomes: tuple[Any, ...]) -> None:
        kept.append(outcomes)

    kept: list[tuple[Any, ...]] = []
    await house.explore(waits_for_nobody, house.takes_if_there, invariant=nothing)
    assert all(isinstance(stuck, Stuck) and taken is True for stuck, taken in kept)
    kept.clear()
    await house.explore(two_sessions, invariant=nothing)
    assert [first_line(outcome) for (outcome,) in kept] == [
        "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked"
    ]


async def test_sleeps_and_threads_change_no_verdict(house: House) -> None:
    async def slowly(seconds: float) -> bool:
        async with house.Read() as session:
            left = await session.scalar(select(Show.left))
        await asyncio.sleep(seconds)
        await asyncio.to_thread(sum, range(1000))
        if left == 0:
            return False
        async with house.Write.begin() as session:
            await session.execute(update(Show).values(left=left - 1))
        return True

    plain = await house.explore(*[house.looks_then_takes] * 2)
    slow = await house.explore(partial(slowly, 0.01), partial(slowly, 0.002))
    assert (slow.orders, slow.outcomes) == (plain.orders, plain.outcomes)
    assert [order.schedule for order in slow.broken] == [order.schedule for order in plain.broken]


async def test_a_schedule_that_the_code_does_not_follow_any_more_is_told(house: House) -> None:
    async def nothing(outcomes: tuple[Any, ...]) -> None: ...

    with pytest.raises(DoesNotFit, match=r"step 4 is A's in the schedule, and B can go on"):
        await replay(
            "AAAAAB",
            house.engine,
            *[house.takes_if_there] * 2,
            before=house.before,
            invariant=nothing,
        )


async def test_code_that_does_something_else_each_time_is_told(house: House) -> None:
    calls = itertools.count()

    async def moody() -> None:
        async with house.Read() as session:
            for _ in range(next(calls) % 3):
                await session.execute(update(Show).values(left=Show.left))

    with pytest.raises(DoesNotFit, match="something besides the database"):
        await house.explore(moody, house.takes_if_there, in_memory=True)


async def test_the_connections_wait_again_afterwards(house: House) -> None:
    await house.explore(*[house.takes_if_there] * 2)
    async with house.engine.connect() as one, house.engine.connect() as two:
        waits = [
            (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar()
            for connection in (one, two)
        ]
    assert waits == [5000, 5000]


async def test_who_does_not_wait_for_a_lock_is_refused_at_once(house: House) -> None:
    @event.listens_for(house.engine.sync_engine, "connect")
    def wait_for_nobody(connection: Any, record: Any) -> None:
        connection.cursor().execute("PRAGMA busy_timeout=0")

    await house.engine.dispose()
    found = await house.explore(*[partial(house.takes_if_there, "Write")] * 2)
    locked = [words for words in found.outcomes if "database is locked" in " ".join(words)]
    assert locked
    assert found.broken == ()


async def test_requests_to_an_app_are_explored_like_tasks(house: House) -> None:
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/buy")
    async def buy() -> bool:
        return await house.looks_then_takes()

    async def request() -> bool:
        async with client(app) as visitor:
            return (await visitor.post("/buy")).json()

    plain = await house.explore(*[house.looks_then_takes] * 2)
    asked = await house.explore(*[request] * 2)
    assert asked.outcomes == plain.outcomes
    assert len(asked.broken) == len(plain.broken)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", "read"),
        ("  -- INSERT\n /* DELETE */ select left FROM shows", "read"),
        ("SELECT id FROM shows WHERE id = 1 FOR UPDATE SKIP LOCKED", "write"),
        ("SELECT id FROM shows FOR NO KEY UPDATE", "write"),
        ("insert into shows values (1)", "write"),
        ("WITH late AS (SELECT 1) UPDATE shows SET id = 1", "other"),
        ("PRAGMA foreign_keys=ON", "other"),
        ("ROLLBACK TO SAVEPOINT sa_savepoint_1", "inside"),
        ("BEGIN IMMEDIATE", "begin"),
        ("", "other"),
    ],
)
def test_a_statement_is_what_its_first_word_says_or_it_may_be_anything(sql: str, kind: str) -> None:
    assert kind_of(sql) == kind


async def every_order(house: Any, tasks: list[Any]) -> set[Any]:
    """What comes of a program in all orders, by brute force: no order is left out."""
    path: list[list[str]] = []
    ends = set()
    depth = 0

    def begin() -> Choose:
        nonlocal depth
        depth = 0
        return choose

    def choose(ready: dict[str, Pending]) -> str:
        nonlocal depth
        if depth == len(path):
            path.append(sorted(ready))
        depth += 1
        return path[depth - 1][0]

    async with Settings.of(house.engine) as settings:
        while True:
            _, order = await run_order(settings, tuple(tasks), house.before, begin)
            assert order
            ends.add(await house.end(order.outcomes))
            while path and len(path[-1]) == 1:
                path.pop()
            if not path:
                return ends
            path[-1].pop(0)


class Notes:
    """Two numbers in a database, and programs that read and write them, made from a seed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.factories = make_factories(engine)

    async def before(self) -> None:
        async with self.factories[1].begin() as session:
            await session.execute(delete(Show))
            await session.execute(insert(Show), [{"id": 1, "left": 1}, {"id": 2, "left": 1}])

    async def end(self, outcomes: tuple[Any, ...]) -> Any:
        async with self.factories[0]() as session:
            rows = (await session.execute(select(Show.id, Show.left).order_by(Show.id))).all()
        return tuple(map(tuple, rows)), tuple(map(repr, outcomes))

    def program(self, random: Random) -> Callable[[], Awaitable[int]]:
        parts = [
            (random.choice(self.factories), random.random() < 0.8, list(self.actions(random)))
            for _ in range(random.choice((1, 1, 2)))
        ]

        async def run() -> int:
            known = 0
            for factory, commits, actions in parts:
                async with factory() as session:
                    for action, row in actions:
                        if action == "read":
                            known = await session.scalar(select(Show.left).where(Show.id == row))
                            continue
                        new = known + 3 if action == "set" else 2 * Show.left
                        await session.execute(
                            update(Show).where(Show.id == row).values(left=new),
                            execution_options={"synchronize_session": False},
                        )
                    await (session.commit() if commits else session.rollback())
            return known

        return run

    @staticmethod
    def actions(random: Random) -> Iterator[tuple[str, int]]:
        for _ in range(random.choice((1, 2))):
            yield random.choice(("read", "read", "set", "double")), random.choice((1, 2))


@pytest.mark.parametrize("seed", range(8))
async def test_no_end_is_missed_by_orders_that_are_left_out(seed: int) -> None:
    engine = make_engine()
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    notes, random = Notes(engine), Random(seed)
    tasks = [notes.program(random) for _ in range(2)]
    ends = set()

    async def note(outcomes: tuple[Any, ...]) -> None:
        ends.add(await notes.end(outcomes))

    found = await explore(engine, *tasks, before=notes.before, invariant=note, limit=10_000)
    assert found.exhausted
    assert ends == await every_order(notes, tasks)
    await engine.dispose()
