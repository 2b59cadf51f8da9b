"""What PostgreSQL lets come between the steps of a call, at READ COMMITTED, as SQLite plays it.

Each of the ends was seen on PostgreSQL 15, with the same statements in the same order.
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from course.checks.ch06_overselling.meanwhile import Meanwhile
from course.checks.ch06_overselling.rows import for_rows
from course.checks.ch06_overselling.visit import BETWEEN, DEADLOCK, WITHIN
from lantern.theatre import make_engine

pytestmark = pytest.mark.anyio
Work = Callable[[AsyncSession, int], Awaitable[object]]


@pytest.fixture
def engine() -> Iterator[AsyncEngine]:
    yield make_engine()


async def ends_of(engine: AsyncEngine, work: Work) -> dict[tuple[str, str], list[Any]]:
    """Return what both calls came to and the boxes, by how the other came and which steps did."""
    async with engine.begin() as connection:
        await connection.execute(
            text("CREATE TABLE boxes (id INTEGER PRIMARY KEY, n INT, k UNIQUE)")
        )
        await connection.execute(text("INSERT INTO boxes VALUES (1, 5, 'a'), (2, 5, 'b')"))

    def call(number: int) -> Callable[[], Awaitable[object]]:
        async def run() -> object:
            async with AsyncSession(engine) as session, session.begin():
                return await work(session, number)

        return run

    async def nothing() -> None:
        return None

    async def look() -> list[list[Any]]:
        async with engine.connect() as connection:
            rows = await connection.execute(text("SELECT id, n, k FROM boxes ORDER BY id"))
            return [list(row) for row in rows]

    found = await Meanwhile(engine, call(1), call(2), keys={"boxes": "k"}).ends(nothing, look)
    await engine.dispose()
    return {
        (end["how"], end["schedule"]): [
            *(one["value"] if one["ended"] == "returned" else "error" for one in end["outcomes"]),
            [row[1] for row in end["left"]],
        ]
        for end in found
    }


async def test_who_has_only_looked_lets_the_other_one_come(engine: AsyncEngine) -> None:
    async def work(session: AsyncSession, number: int) -> object:
        n = (await session.execute(text("SELECT n FROM boxes WHERE id = 1"))).scalar_one()
        await session.execute(text("UPDATE boxes SET n = :n WHERE id = 1"), {"n": n + 1})
        return n

    # BEGIN, SELECT; the other one's four steps; UPDATE, COMMIT.
    assert await ends_of(engine, work) == {(BETWEEN, "AABBBBAA"): [5, 5, [6, 5]]}


async def test_nobody_comes_to_a_row_that_was_written_first(engine: AsyncEngine) -> None:
    async def work(session: AsyncSession, number: int) -> object:
        await session.execute(text("UPDATE boxes SET n = n WHERE id = 1"))
        n = (await session.execute(text("SELECT n FROM boxes WHERE id = 1"))).scalar_one()
        await session.execute(text("UPDATE boxes SET n = :n WHERE id = 1"), {"n": n + 1})
        return n

    assert await ends_of(engine, work) == {}


async def test_who_writes_another_row_is_in_nobody_s_way(engine: AsyncEngine) -> None:
    async def work(session: AsyncSession, number: int) -> object:
        own = text("UPDATE boxes SET n = 0 WHERE id = :id AND (SELECT sum(n) FROM boxes) > 5")
        changed = await session.execute(own, {"id": number})
        return changed.rowcount  # type: ignore[attr-defined]

    # A skew: each saw ten in all.
    assert await ends_of(engine, work) == {(BETWEEN, "AABBBA"): [1, 1, [0, 0]]}


async def test_a_statement_that_waited_looks_at_its_own_row_once_more(engine: AsyncEngine) -> None:
    async def work(session: AsyncSession, number: int) -> object:
        first = "(SELECT min(id) FROM boxes WHERE n = 5)"
        mine = text(f"UPDATE boxes SET n = :n WHERE id = {first} AND n = 5 RETURNING id")
        return (await session.execute(mine, {"n": number})).scalar()

    assert await ends_of(engine, work) == {(WITHIN, "ABBBAA"): [None, 1, [2, 5]]}


async def test_and_not_at_what_a_query_within_it_gave(engine: AsyncEngine) -> None:
    async def work(session: AsyncSession, number: int) -> object:
        first = "(SELECT min(id) FROM boxes WHERE n = 5)"
        mine = text(f"UPDATE boxes SET n = :n WHERE id = {first} RETURNING id")
        return (await session.execute(mine, {"n": number})).scalar()

    assert await ends_of(engine, work) == {(WITHIN, "ABBBAA"): [1, 1, [1, 5]]}


async def test_a_key_is_taken_though_no_look_has_seen_it(engine: AsyncEngine) -> None:
    async def work(session: AsyncSession, number: int) -> object:
        new = text(
            "INSERT INTO boxes (n, k) SELECT CAST(:n AS INTEGER), 'c' WHERE NOT EXISTS "
            "(SELECT 1 FROM boxes WHERE k = 'c') ON CONFLICT DO NOTHING RETURNING n"
        )
        return (await session.execute(new, {"n": number})).scalar()

    assert await ends_of(engine, work) == {(WITHIN, "ABBBAA"): [None, 2, [5, 5, 2]]}


async def test_after_an_error_a_transaction_takes_no_step_but_back(engine: AsyncEngine) -> None:
    async def work(session: AsyncSession, number: int) -> object:
        await session.execute(text("SELECT 1 FROM boxes"))
        new = text("INSERT INTO boxes (n, k) VALUES (:n, :k)")
        for key in "cd":
            try:
                await session.execute(new, {"n": number, "k": key})
                return key
            except IntegrityError:
                continue
        return None

    assert await ends_of(engine, work) == {(BETWEEN, "AABBBBAAA"): ["error", "c", [5, 5, 2]]}


async def test_a_savepoint_takes_back_one_s_own_alone(engine: AsyncEngine) -> None:
    async def work(session: AsyncSession, number: int) -> object:
        await session.execute(text("SELECT 1 FROM boxes"))
        for key in "cd":
            try:
                async with session.begin_nested():
                    new = text("INSERT INTO boxes (n, k) VALUES (:n, :k)")
                    await session.execute(new, {"n": number, "k": key})
                return key
            except IntegrityError:
                continue
        return None

    assert list((await ends_of(engine, work)).values()) == [["d", "c", [5, 5, 2, 1]]]


@pytest.mark.parametrize("again", [False, True])
async def test_two_who_want_two_rows_in_two_orders_wait_for_each_other(
    engine: AsyncEngine, again: bool
) -> None:
    async def work(session: AsyncSession, number: int) -> object:
        for one in (number, 3 - number):
            await session.execute(text("UPDATE boxes SET n = n + 1 WHERE id = :id"), {"id": one})
        return number

    async def twice(session: AsyncSession, number: int) -> object:
        try:
            async with session.begin_nested():
                return await work(session, number)
        except DBAPIError:
            await session.connection()
            return "given up"

    ends = await ends_of(engine, twice if again else work)
    (end,) = [end for (how, _), end in ends.items() if how == DEADLOCK]
    assert end == ["given up" if again else "error", 2, [6, 6]]


@pytest.mark.parametrize(
    ("sql", "values", "kept", "given"),
    [
        (
            "UPDATE t SET a=? WHERE t.id = (SELECT x FROM u WHERE y = ?) AND t.a < ? RETURNING id",
            (1, 2, 3),
            "UPDATE t SET a=? WHERE id IN (7, 8) AND t.a < ? RETURNING id",
            [1, 3],
        ),
        (
            "DELETE FROM t WHERE (EXISTS (SELECT 1 FROM u WHERE z = ?)) AND (a = ? OR b = ?)",
            (1, 2, 3),
            "DELETE FROM t WHERE id IN (7, 8) AND (a = ? OR b = ?)",
            [2, 3],
        ),
    ],
)
def test_a_statement_for_rows_says_of_them_what_it_said_without_a_query(
    sql: str, values: tuple[int, ...], kept: str, given: list[int]
) -> None:
    found, taken = for_rows(sql, values, [7, 8])
    assert (" ".join(found.split()), taken) == (kept, given)
