"""What is seen of ch06-ex3: work that is refused in many ways, and by two guests at once."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.exercise import Plain
from course.checks.ch06_overselling.every_order import FEW_ORDERS, MOST_ORDERS, every_order
from course.checks.ch06_overselling.how_often import (
    bounds,
    judge_bound,
    judge_pauses,
    pauses_at_all,
)
from course.checks.ch06_overselling.refused_work import (
    AGAIN,
    HELD_UP,
    LOCKED,
    ONCE,
    TOLD,
    WAITS,
    Night,
    Office,
    rows,
)
from course.checks.retries import NOTHINGS, TOO_MANY, Call
from course.checks.sessions import close_all, fill
from lantern.theatre import Order, Show, make_engine

TIMES = 100  # that it gives up, so that its pauses can be compared
# On a PostgreSQL, where the second one's UPDATE is refused as on SQLite, and not done on what it
# does not know.
LEVEL: dict[str, Any] = {"isolation_level": "REPEATABLE READ"}


async def observe_retrying(case: Night, retrying: Any, url: str = "") -> dict[str, Any]:
    """Let work be refused in many ways, and two guests look and write in every order."""
    engine = make_engine(url or None, pool_size=10, **(LEVEL if url else {}))
    office = Office(case, engine)
    seen: dict[str, Any] = {"refused": TOLD[engine.dialect.name]["refused"]}

    async def ask(*plan: str, attempts: int = case.attempts, **options: Any) -> Plain:
        asked = await office.ask(retrying, plan, attempts, **options)
        return asked | {"when": office.in_words(plan[0] if plan else "")}

    try:
        await fill(engine, rows(case))
        await office.open()
        seen["alone"] = await ask()
        if seen["alone"]["outcome"]["ended"] != "returned":
            return seen
        for what in (*AGAIN, *ONCE):
            stands = {"held_up": what == HELD_UP, "cancel": what in (WAITS, HELD_UP)}
            seen[what] = await ask(what, **stands)
        for name, attempts in bounds(case, seen):
            seen[name] = await ask(*[LOCKED] * (attempts + TOO_MANY), attempts=attempts)
        seen["then"] = await ask(then_raises=office.refusal())
        mail = ConnectionRefusedError("the mail server has no time")
        seen["mail"] = await ask(then_raises=mail)
        seen["nothings"] = [await ask(result=result) for result in NOTHINGS]
        if pauses_at_all(seen):
            seen["pauses"] = await office.pauses(retrying, LOCKED, TIMES)
        # Whoever has no bound, or does not pause, has more orders than can be run.
        if not list(judge_bound(case, seen)) and not list(judge_pauses(seen)):
            seen["two"] = await _two(office, retrying, FEW_ORDERS if url else MOST_ORDERS)
    finally:
        await close_all(office.session)
        await engine.dispose()
        office.others.dispose()
    return seen


async def _two(office: Office, retrying: Any, limit: int) -> Plain:
    """Let two guests look and write in one block, with two attempts, in every order.

    A pause is over when nobody writes: that is as long as a good pause is, and takes no time.
    """

    def calling(guest: int) -> Callable[[], Awaitable[Any]]:
        async def call() -> Any:
            one = Call(office, (), 2, guest)

            async def sleep(*_: Any, **__: Any) -> None:
                await _until_nobody_writes(office.engine)

            one.sleep = sleep  # type: ignore[method-assign]
            return {"result": await one.run(retrying)}

        return call

    async def before() -> None:
        await close_all(office.session)
        await office.clear()

    async def look() -> Plain:
        async with office.engine.connect() as connection:
            guests = select(Order.guest_id).order_by(Order.guest_id)
            return {
                "sold": (await connection.execute(select(Show.sold))).scalar(),
                "guests": list((await connection.execute(guests)).scalars()),
            }

    calls = map(calling, office.guests)
    return await every_order(office.engine, *calls, before=before, look=look, limit=limit)


async def _until_nobody_writes(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            await connection.execution_options(write=True)
            await connection.begin()
        else:
            # At the engine's level it would be refused where it has waited.
            await connection.execution_options(isolation_level="READ COMMITTED")
            await connection.execute(select(Show.id).with_for_update())
        await connection.rollback()
