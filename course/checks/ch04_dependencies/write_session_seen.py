"""What is seen of requests whose endpoints have a dependency's session, for ch04-ex1."""

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from course.checking.attempts import Outcome, attempt_sync
from course.checks.ch04_dependencies.desk import Desk, desk
from course.checks.sessions import Rows
from lantern.theatre import Guest, Hold, Seat, Show
from lantern.theatre.models import FIRST_NIGHT

HELD = "SELECT seat_id FROM holds ORDER BY seat_id"
# SQLite's driver begins at the UPDATE; the last one holds until the end of its transaction.
CHECK_LATE = (
    "PRAGMA foreign_keys=ON",
    "UPDATE shows SET sold = sold",
    "PRAGMA defer_foreign_keys=ON",
)
REDIRECT = 303  # an HTTPException as well, and no refusal


@dataclass(frozen=True)
class Seats:
    """Seats by their ids: one is held already, two are free, one is none; and a refusal."""

    held: int
    free: tuple[int, int]
    unknown: int
    guest: int
    refusal: int


def draw_seats(random: Random) -> Seats:
    """Draw ids that cannot be guessed, and a status that stands for a refusal."""
    held, first, second, guest, unknown = random.sample(range(100, 1_000), 5)
    return Seats(held, (first, second), unknown, guest, random.choice((402, 403, 404, 410)))


async def observe_write_session(case: Seats, write_session: Any, alias: Any) -> dict[str, Any]:
    """Let an app use the alias in requests that end well, are refused, and fail; look at each.

    Each has a database of its own, so that what one leaves behind is not blamed on another. The
    dependency itself is seen through the alias, as an app sees it.
    """
    made = attempt_sync(lambda: _app(case, alias))
    if made.ended != "returned":
        return {"made": made.as_dict() | {"value": None}}
    first, second = case.free
    return {
        "made": Outcome("returned").as_dict(),
        "held": await _asked(case, alias, str(first), str(second)),
        "flushed": await _asked(case, alias, f"{first}?then=flush", method="PUT"),
        "refused": await _asked(case, alias, f"{first}?then={case.refusal}"),
        "sent elsewhere": await _asked(case, alias, f"{first}?then={REDIRECT}"),
        "crashed": await _asked(case, alias, f"{first}?then=crash"),
        "taken at the flush": await _asked(case, alias, f"{case.held}?then=flush"),
        "taken at the commit": await _asked(case, alias, str(case.held)),
        "locked": await _asked(case, alias, str(first), str(second), locked=True),
        "unknown": await _asked(case, alias, f"{case.unknown}?then=late", str(second)),
        # Nobody ends it but the attempt, which cancels what can come to nothing.
        "cancelled": await _asked(case, alias, f"{first}?then=wait"),
    }


async def _asked(
    case: Seats, alias: Any, *paths: str, locked: bool = False, method: str = "POST"
) -> list[Any]:
    """Send these requests one after the other; `locked` lets the COMMIT of the first fail."""
    seen = []
    async with desk(_rows(case)) as it:
        app = _app(case, alias, it)
        for number, path in enumerate(paths):
            with it.reader() if locked and not number else nullcontext():
                seen.append(await it.ask(app, f"/seats/{path}", HELD, method=method))
    return seen


def _rows(case: Seats) -> list[Rows]:
    seats = sorted((case.held, *case.free))
    hold = {"seat_id": case.held, "guest_id": case.guest, "expires_at": FIRST_NIGHT}
    return [
        (Show, [{"id": 1, "title": "The Tempest", "capacity": 120}]),
        (Guest, [{"id": case.guest, "email": "mara@lantern.example"}]),
        (
            Seat,
            [{"id": one, "show_id": 1, "label": f"A{one}", "price_cents": 2500} for one in seats],
        ),
        (Hold, [hold]),
    ]


def _app(case: Seats, alias: Any, it: Desk | None = None) -> FastAPI:
    """Return the app of the exercise's text; a second dependency uses the session as well.

    `then` is what a request does after its INSERT: flush, crash, wait for ever, or raise this
    status; or it lets the COMMIT alone find out that there is no such seat.
    """
    app = FastAPI()
    if it:
        app.state.read, app.state.write = it.read, it.write

    @app.exception_handler(IntegrityError)
    async def taken(request: Any, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "somebody was faster"}, 409)

    async def count_of_holds(session: alias) -> int:
        return await session.scalar(select(func.count(Hold.id))) or 0

    @app.api_route("/seats/{seat_id}", methods=["POST", "PUT"], status_code=201)
    async def hold(
        seat_id: int,
        count: Annotated[int, Depends(count_of_holds, scope="function")],
        session: alias,
        then: str = "",
    ) -> int:
        expires = FIRST_NIGHT + timedelta(minutes=5)
        if then == "late":
            for statement in CHECK_LATE:
                await session.execute(text(statement))
        session.add(Hold(seat_id=seat_id, guest_id=case.guest, expires_at=expires))
        if then:
            await session.flush()
        if then.isdecimal():
            raise HTTPException(int(then))
        if then == "wait":
            await asyncio.get_running_loop().create_future()
        if then == "crash":
            raise LookupError("the printer is gone")
        return count

    return app
