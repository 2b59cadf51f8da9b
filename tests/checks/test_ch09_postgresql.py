"""The errors that the check of ch09-ex1 builds are those that a PostgreSQL's drivers raise."""

import sys
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from course.checks.ch09_postgresql.refusals import ASYNCPG, PSYCOPG, raised, refusals
from lantern.theatre import Guest, Order, Ticket, make_engine, postgres_database, seed

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
        "cause": type(error.orig.__cause__).__name__ if error.orig else None,
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
