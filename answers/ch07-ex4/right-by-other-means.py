# partials, a hand-made client, sqlite3, and the app's own errors
# the rest is the course's own

import contextlib
import functools
import sqlite3

from lantern import asgi_call


def rows(app, table):
    with contextlib.closing(sqlite3.connect(app.state.engine.url.database)) as other:
        return other.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


async def as_many(app, keys, more, guest=1):
    before = {table: rows(app, table) for table in ("orders", "tickets", "ledger")}
    answers = await asyncio.gather(
        *(asgi_call(app, "POST", f"/orders/{key}?guest={guest}") for key in keys)
    )
    for table, count in before.items():
        assert rows(app, table) == count + more, table
    assert more or all(answer.status != 201 for answer in answers)


async def six_for_one(app):
    await leave_one_seat(app)
    await as_many(app, [f"guest-{number}" for number in range(6)], 1)
    assert app.state.engine.pool.checkedout() == 0
    await as_many(app, ["and-one-more"], 0)
    assert app.state.engine.pool.checkedout() == 0


async def whoever_fails(app):
    engine = app.state.engine.sync_engine
    for which in (1, 2, 3, 4):
        with failing_commit(app.state.engine, which):
            before = rows(app, "tickets")
            answer = await asgi_call(app, "POST", f"/orders/fails-{which}?guest=1")
            stored = rows(app, "tickets") - before
        assert stored == (answer.status == 201)
        assert (await audit(app.state.engine)).ok


tests = [
    six_for_one,
    whoever_fails,
    functools.partial(as_many, keys=["click"] * 3, more=1),
    functools.partial(as_many, keys=["nobody"], more=0, guest=998),
]
