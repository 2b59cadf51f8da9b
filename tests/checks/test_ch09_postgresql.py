"""The errors that the checks of ch09 build are those that a PostgreSQL's drivers raise."""

import asyncio
import sys
from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from course.checking.exercise import RIGHT, find
from course.checks.ch09_postgresql.failures import FAILURES, failed
from course.checks.ch09_postgresql.refusals import ASYNCPG, PSYCOPG, raised, refusals
from lantern.theatre import Guest, Order, Ticket, make_engine, postgres_database, seed
from tools.answers import imports_in
from tools.fairness import judged

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no server of its own")
EMAIL, SHOW, SEAT = "uq_tickets_seat_id.7@lantern.example", 77, 3
PROVOKED = {
    "known guest": insert(Guest).values(email=EMAIL),
    "taken seat": insert(Ticket).values(order_id=1, seat_id=SEAT),
    "no such show": insert(Order).values(show_id=SHOW, guest_id=1, total_cents=2500),
    "a number twice": insert(Guest).values(id=1, email="a@lantern.example"),
    "no such guest": insert(Order).values(show_id=1, guest_id=99, total_cents=2500),
    "nothing in a column": insert(Guest).values(email=None),
}


def asked(error: IntegrityError) -> dict[str, Any]:
    """What an answer may ask an error about, by whatever way."""
    driver: Any = error.driver_exception
    diagnostics = getattr(driver, "diag", driver)
    return {
        "class": type(error.orig).__name__,
        "driver's class": type(driver).__name__,
        "has diag": (hasattr(error.orig, "diag"), hasattr(driver, "diag")),
        "by itself": getattr(driver, "constraint_name", "no such attribute"),
        "adapted": getattr(error.orig, "constraint_name", "no such attribute"),
        "name": diagnostics.constraint_name,
        "state": (getattr(error.orig, "sqlstate", None), getattr(driver, "sqlstate", None)),
        "causes": (
            error.__cause__ is error.orig,
            type(getattr(error.orig, "__cause__", 0)).__name__,
        ),
        "message": str(error.orig).splitlines()[0],
        "has details": "DETAIL" in str(error.orig),
    }


@pytest.mark.anyio
@pytest.mark.parametrize("driver", [ASYNCPG, PSYCOPG])
async def test_what_is_built_can_be_asked_what_the_real_one_can(driver: str) -> None:
    built = refusals(EMAIL, SHOW, SEAT)
    assert built.keys() == PROVOKED.keys()
    with postgres_database(driver) as url:
        engine = make_engine(url)
        await seed(engine)
        async with engine.begin() as connection:
            for table in ("guests", "orders", "tickets"):
                # seed gives its rows their numbers itself, and the sequences know nothing of it.
                await connection.execute(text(f"alter sequence {table}_id_seq restart with 100"))
            await connection.execute(insert(Guest).values(email=EMAIL))
            await connection.execute(
                insert(Order).values(id=1, show_id=1, guest_id=1, total_cents=2500)
            )
            await connection.execute(insert(Ticket).values(order_id=1, seat_id=SEAT))
        for name, statement in PROVOKED.items():
            with pytest.raises(IntegrityError) as real:
                async with engine.begin() as connection:
                    await connection.execute(statement)
            assert asked(raised(built[name], driver)) == asked(real.value), name
        await engine.dispose()


def told(error: DBAPIError) -> dict[str, Any]:
    """What an answer may ask an error about that is no rule's."""
    given: Any = error.orig
    driver: Any = error.driver_exception
    return {
        "class": type(error).__name__,
        "adapted": type(given).__name__,
        "driver's class": type(driver).__name__,
        "state": (getattr(given, "sqlstate", "none"), getattr(driver, "sqlstate", "none")),
        "by diag": getattr(getattr(driver, "diag", None), "sqlstate", "none"),
        "cause": error.__cause__ is given,
        "lost": error.connection_invalidated,
        "message": str(given).splitlines()[0],
    }


async def raised_by(awaited: Awaitable[Any]) -> DBAPIError:
    with pytest.raises(DBAPIError) as real:
        await awaited
    return real.value


async def provoked(engine: AsyncEngine) -> dict[str, DBAPIError]:
    """Bring a server to those failures that it can be brought to at once."""
    sell = text("UPDATE shows SET sold = sold + 1")
    strict = engine.execution_options(isolation_level="SERIALIZABLE")
    real: dict[str, DBAPIError] = {}
    async with strict.connect() as ines, strict.connect() as teo:
        await teo.execute(text("SELECT sold FROM shows"))
        await ines.execute(sell)
        await ines.commit()
        real["serialization"] = await raised_by(teo.execute(sell))
        await teo.rollback()
        for one in (ines, teo):
            await one.execute(text("SELECT sum(price_cents) FROM seats"))
        for number, one in enumerate((ines, teo), 1):
            await one.execute(text(f"UPDATE seats SET price_cents = 1 WHERE id = {number}"))
        await ines.commit()
        real["dependencies"] = await raised_by(teo.commit())
    async with engine.connect() as ines, engine.connect() as teo:
        await ines.execute(sell)
        await teo.execute(text("SET LOCAL lock_timeout = '10ms'"))
        real["lock timeout"] = await raised_by(teo.execute(sell))
        await teo.rollback()
        await teo.execute(text("SET LOCAL statement_timeout = '10ms'"))
        real["statement timeout"] = await raised_by(teo.execute(text("SELECT pg_sleep(9)")))
        await teo.rollback()
        await end(ines, teo)
        real["lost earlier"] = await raised_by(ines.execute(sell))
        await ines.rollback()
        await ines.execute(sell)
        await end(ines, teo)
        real["lost"] = await raised_by(ines.commit())
    return real


async def end(connection: AsyncConnection, other: AsyncConnection) -> None:
    """Let the server end a connection, and wait until its driver has heard of it."""
    pid = await connection.scalar(text("SELECT pg_backend_pid()"))
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await other.execute(text(f"SELECT pg_terminate_backend({pid})"))
    there = text(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}")
    while await other.scalar(there) or not getattr(driver, "is_closed", lambda: True)():
        await other.rollback()  # within a transaction the list stays as it was
        await asyncio.sleep(0.005)


@pytest.mark.anyio
@pytest.mark.parametrize("driver", [ASYNCPG, PSYCOPG])
async def test_what_has_failed_is_built_as_the_server_says_it(driver: str) -> None:
    with postgres_database(driver) as url:
        engine = make_engine(url)
        await seed(engine, capacity=3)
        real = await provoked(engine)
        await engine.dispose()
    for name, error in real.items():
        assert told(failed(FAILURES[name], driver, error.statement)) == told(error), name


BY_CLASS = {
    "ch09-ex1": """
from asyncpg import exceptions as asyncpg
from psycopg import errors as psycopg

def why_refused(error):
    driver = error.driver_exception
    if isinstance(driver, asyncpg.IntegrityConstraintViolationError):
        name = driver.constraint_name
    elif isinstance(driver, psycopg.IntegrityError):
        name = driver.diag.constraint_name
    if name in SENTENCES:
        return SENTENCES[name]
    raise error
""",
    "ch09-ex3": """
import asyncpg
from psycopg import errors

TAKEN_BACK = (
    asyncpg.SerializationError, asyncpg.DeadlockDetectedError,
    errors.SerializationFailure, errors.DeadlockDetected,
)

async def begin_anew(Session, work, then, attempts, sleep):
    for attempt in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except DBAPIError as error:
            if attempt == attempts or not isinstance(error.driver_exception, TAKEN_BACK):
                raise
        await sleep(uniform(0, 0.01 * 2**attempt))
    await then(result)
    return result
""",
}


@pytest.mark.parametrize("exercise", BY_CLASS)
def test_an_answer_may_ask_for_the_drivers_own_classes(exercise: str) -> None:
    source = f"{imports_in('solutions', exercise)}\n{BY_CLASS[exercise]}"
    verdict = judged(find(exercise)[1], source)
    assert verdict.state == RIGHT, verdict.messages
    wider = source.replace("SerializationError", "TransactionRollbackError")
    if wider != source:
        assert judged(find(exercise)[1], wider).broken == ("unknown",)
