"""Run the same code in every order with our explorer and with frontrun, for `tools.bench orders`.

Both run in the environment of what we measure beside, one after the other in each round. On a
PostgreSQL ours runs beside itself on SQLite, in the course's environment.
"""

import argparse
import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from statistics import median
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from course.project import ROOT
from lantern import explore
from lantern.theatre import make_engine, make_factories, postgres_database

if TYPE_CHECKING:
    from tools.bench.measure import Row

Buy = Callable[[async_sessionmaker[Any]], Awaitable[bool]]
RUNS = 50
PATIENT = {"deadlock_timeout": 60, "timeout_per_run": 120}  # seconds; a busy machine is no deadlock


class Base(DeclarativeBase):
    pass


class Show(Base):
    __tablename__ = "shows"
    id: Mapped[int] = mapped_column(primary_key=True)
    left: Mapped[int]


async def as_it_was(session: async_sessionmaker[Any]) -> bool:
    """Look in one transaction, write in another: it sells a seat twice."""
    async with session() as looking:
        left = await looking.scalar(select(Show.left))
    if left == 0:
        return False
    async with session.begin() as writing:
        await writing.execute(update(Show).values(left=left - 1))
    return True


async def in_one_statement(session: async_sessionmaker[Any]) -> bool:
    """Look and write in one UPDATE: it holds."""
    async with session.begin() as writing:
        taken = update(Show).where(Show.left > 0).values(left=Show.left - 1)
        return bool((await writing.execute(taken)).rowcount)


PURCHASES: dict[str, Buy] = {one.__name__: one for one in (as_it_was, in_one_statement)}


def put_on_sale(engine: AsyncEngine) -> None:
    """Let there be one seat, whatever was before."""
    with closing(sqlite3.connect(str(engine.url.database))) as connection, connection:
        connection.execute("create table if not exists shows (id integer primary key, left int)")
        connection.execute("insert or replace into shows values (1, 1)")


def is_right(engine: AsyncEngine, sold: int) -> bool:
    with closing(sqlite3.connect(str(engine.url.database))) as connection:
        (left,) = connection.execute("select left from shows").fetchone()
    return left == 1 - sold


async def lantern(buy: Buy, guests: int) -> dict[str, Any]:
    """Explore with our own explorer."""
    engine = make_engine()
    session, _ = make_factories(engine)
    put_on_sale(engine)

    async def before() -> None:
        put_on_sale(engine)

    async def invariant(outcomes: tuple[Any, ...]) -> bool:
        return is_right(engine, outcomes.count(True))

    async def task() -> bool:
        return await buy(session)

    found = await explore(engine, *[task] * guests, before=before, invariant=invariant)
    await engine.dispose()
    return {"orders": found.orders, "holds": not found.broken, "all": found.exhausted}


async def nobody(buy: Buy, guests: int) -> dict[str, Any]:
    """Run it as often with nothing around it, one guest after the other: nobody can be quicker."""
    engine = make_engine()
    session, _ = make_factories(engine)
    for _ in range(RUNS):
        put_on_sale(engine)
        sold = [await buy(session) for _ in range(guests)]
        assert is_right(engine, sum(sold))
    await engine.dispose()
    return {"orders": RUNS, "holds": True, "all": False}


async def postgresql(buy: Buy, guests: int) -> dict[str, Any]:
    """Explore with our own explorer on a PostgreSQL; to start it is not measured here."""
    with postgres_database("asyncpg") as url:
        engine = make_engine(url)
        session, _ = make_factories(engine)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
            await connection.execute(text("INSERT INTO shows VALUES (1, 1)"))

        async def before() -> None:
            async with engine.begin() as connection:
                await connection.execute(update(Show).values(left=1))

        async def invariant(outcomes: tuple[Any, ...]) -> bool:
            async with session() as looking:
                left = await looking.scalar(select(Show.left))
            return bool(left == 1 - outcomes.count(True))

        async def task() -> bool:
            return await buy(session)

        began = time.perf_counter()
        found = await explore(engine, *[task] * guests, before=before, invariant=invariant)
        seconds = time.perf_counter() - began
        await engine.dispose()
    told = {"orders": found.orders, "holds": not found.broken, "all": found.exhausted}
    return told | {"seconds": seconds}


async def frontrun(buy: Buy, guests: int) -> dict[str, Any]:
    """Explore with frontrun, to the end as well: it is not to stop at the first that breaks."""
    import frontrun as explorer

    class State:
        def __init__(self) -> None:
            self.engine = make_engine()
            self.session, _ = make_factories(self.engine)
            self.sold: list[bool] = []
            put_on_sale(self.engine)

    async def worker(state: State) -> None:
        state.sold.append(await buy(state.session))

    found = await explorer.explore(
        setup=State,
        workers=worker,
        count=guests,
        invariant=lambda state: is_right(state.engine, state.sold.count(True)),
        stop_on_first=False,
        **PATIENT,
    )
    return {"orders": found.num_explored, "holds": found.property_holds, "all": True}


def orders() -> Iterator["Row"]:
    """Two guests of one seat in every order, beside frontrun on the same code; and three."""
    # What is measured runs where their packages are, and ours are not.
    from tools.bench.measure import ROUNDS, Row
    from tools.bench.rivals import rivals_python

    python = str(rivals_python())
    for name in PURCHASES:
        what = f"every order of 2 guests, {name}"
        rounds = [[measured(python, by, name, 2) for by in BESIDE] for _ in range(ROUNDS)]
        ours, theirs, bare = (list(side) for side in zip(*rounds, strict=True))
        yield Row(
            f"{what}: ours ÷ frontrun",
            f"{median(one['seconds'] for one in ours):.2f} s",
            f"{median(one['seconds'] for one in theirs):.2f} s",
            median(o["seconds"] / t["seconds"] for o, t in zip(ours, theirs, strict=True)),
            "under 1 s",
        )
        yield Row(
            f"{what}: orders a second, ours ÷ frontrun's",
            *(f"{median(_rate(one) for one in side):.0f}" for side in (ours, theirs)),
            median(_rate(o) / _rate(t) for o, t in zip(ours, theirs, strict=True)),
            "at least 10",
        )
        yield Row(
            f"{what}: runs a second with nothing around them ÷ frontrun's orders",
            *(f"{median(_rate(one) for one in side):.0f}" for side in (bare, theirs)),
            median(_rate(b) / _rate(t) for b, t in zip(bare, theirs, strict=True)),
            "",
        )
        verdicts = [{one["holds"] for one in side} for side in (ours, theirs)]
        yield Row(f"{what}: it holds, says each", *map(str, verdicts), None, "the same")
    # Frontrun needs more than ten minutes for three.
    three = [measured(python, "lantern", "in_one_statement", 3) for _ in range(ROUNDS)]
    yield Row(
        "every order of 3 guests, in_one_statement: ours",
        f"{median(one['seconds'] for one in three):.2f} s",
        "",
        None,
        "under 10 s",
    )
    for name, guests in (("as_it_was", 2), ("in_one_statement", 3)):
        what = f"every order of {guests} guests, {name}, at READ COMMITTED"
        rounds = [
            [measured(sys.executable, by, name, guests) for by in ("postgresql", "lantern")]
            for _ in range(ROUNDS)
        ]
        ours, theirs = (list(side) for side in zip(*rounds, strict=True))
        yield Row(
            f"{what}: on PostgreSQL ÷ on SQLite",
            *(f"{median(one['seconds'] for one in side):.2f} s" for side in (ours, theirs)),
            median(o["seconds"] / t["seconds"] for o, t in zip(ours, theirs, strict=True)),
            "",
        )
        yield Row(
            f"{what}: orders, on PostgreSQL and on SQLite",
            *(str({one["orders"] for one in side}) for side in (ours, theirs)),
            None,
            "",
        )


BESIDE = ("lantern", "frontrun", "nobody")
EXPLORERS = {
    "lantern": lantern,
    "frontrun": frontrun,
    "nobody": nobody,
    "postgresql": postgresql,
}


def _rate(run: dict[str, Any]) -> float:
    return float(run["orders"] / run["seconds"])


def measured(python: str, by: str, purchase: str, guests: int) -> dict[str, Any]:
    """Return what an explorer told of a purchase, run by a Python that has it.

    It has the seconds, how many orders they were, whether the invariant holds, and if that is all.
    """
    command = [python, "-m", "tools.bench.orders_speed", by, purchase, str(guests)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Explore one purchase, and print what came of it.")
    parser.add_argument("by", choices=EXPLORERS)
    parser.add_argument("purchase", choices=PURCHASES)
    parser.add_argument("guests", type=int)
    asked = parser.parse_args()
    began = time.perf_counter()
    came = asyncio.run(EXPLORERS[asked.by](PURCHASES[asked.purchase], asked.guests))
    print(json.dumps({"seconds": time.perf_counter() - began} | came))
