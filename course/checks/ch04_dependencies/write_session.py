"""ch04-ex1: the transaction of a request ends before its answer goes out."""

from collections.abc import Iterable, Iterator
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch04_dependencies.desk import how_it_failed, why_not_made
from course.checks.ch04_dependencies.write_session_seen import (
    REDIRECT,
    Seats,
    draw_seats,
    observe_write_session,
)

NO_DEPENDS = (
    "FastAPI takes `WriteSession` for something that the client sends: it is "
    "`Annotated[AsyncSession, Depends(…)]`."
)
CURES = {
    "permanently closed": (
        " The session was closed before the endpoint used it: a dependency that yields it keeps it "
        "open meanwhile, one that returns it does not."
    ),
    "_AsyncGeneratorContextManager": (
        " FastAPI makes a context manager of a generator itself: leave `@asynccontextmanager` out."
    ),
}


def judge_write_session(case: Seats, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_answer(seen):
        yield Nothing(reason)
        return
    yield from _judge_before(case, seen)
    yield from _judge_told(case, seen)
    yield from _judge_undone(case, seen)
    yield from _judge_one(seen)
    yield from _judge_returned(case, seen)
    yield from _judge_locked(case, seen)


def _why_no_answer(seen: dict[str, Any]) -> str | None:
    if reason := why_not_made(seen["made"], "An app that uses WriteSession", NO_DEPENDS):
        return reason
    held = seen["held"][0]
    if reason := interruption(held, "A request that uses WriteSession"):
        return reason
    if held["status"] != 201:
        return (
            f"POST /seats/{{seat_id}}, for a seat that is free, was answered with {held['status']} "
            f"in place of 201{how_it_failed(held)}."
            f"{_cure_for(str(held['error']))}"
        )
    return None


def _cure_for(error: str) -> str:
    return next((cure for words, cure in CURES.items() if words in error), "")


def _is_late(seen: dict[str, Any]) -> bool:
    """Tell whether the answer of a request that ends well is out before its row is there."""
    return bool(seen["held"][0]["first"] != seen["held"][0]["after"])


def _is_stored(case: Seats, seen: dict[str, Any]) -> bool:
    return [case.free[0]] in seen["held"][0]["after"]


def _judge_before(case: Seats, seen: dict[str, Any]) -> Iterator[Broken]:
    flushed = seen["flushed"][0]
    if not _is_stored(case, seen):
        yield Broken(
            "before",
            f"Seat {case.free[0]} was answered with 201, and its row never came: no other "
            "connection sees it, even after the request. It was not committed.",
        )
    elif flushed["status"] == 201 and [case.free[0]] not in flushed["after"]:
        yield Broken(
            "before",
            f"A PUT flushed its row, for seat {case.free[0]}, was answered with 201, and the row "
            "never came: it was not committed. Whatever the method is, and whether or not anything "
            "still waits in the session, the transaction is committed.",
        )
    elif _is_late(seen):
        told = (
            "When the first byte of the 201 came, no other connection could see the row; "
            "afterwards it was there. COMMIT came after the answer: who reads at once finds "
            "nothing"
        )
        taken = seen["taken at the commit"][0]["status"]
        if taken == 201:
            told += ", and for a seat that was taken the client holds a 201"
        yield Broken("before", f"{told}. What decides is the scope of what commits.")


def _judge_told(case: Seats, seen: dict[str, Any]) -> Iterator[Broken]:
    # What a COMMIT after the answer does to these is told with it.
    late = _is_late(seen) or not _is_stored(case, seen)
    taken = f"Seat {case.held} was held already, and the"
    requests = [
        ("refused", case.refusal, f"The endpoint raised HTTPException({case.refusal}), and the"),
        ("crashed", 500, "The endpoint raised a LookupError, and the"),
        ("taken at the flush", 409, f"{taken} flush in the endpoint said so. The"),
    ]
    if not late:
        requests += [
            ("taken at the commit", 409, f"{taken} flush of the commit said so. The"),
            ("locked", 500, "COMMIT failed, the database was locked, and the"),
        ]
    for name, due, what in requests:
        request = seen[name][0]
        if reason := interruption(request, "A request"):
            yield Broken("told", f"{what} request did not end. {reason}")
            return
        if request["status"] != due:
            yield Broken("told", _why_another(request, due, what))
            return
        if name == "crashed" and "LookupError" not in str(request["error"]):
            yield Broken("told", _why_another(request, due, what))
            return


def _why_another(request: dict[str, Any], due: int, what: str) -> str:
    told = f"{what} client got {request['status']}{how_it_failed(request)}; {due} is due."
    swallowed = "UnboundLocalError", "Response not awaited"
    # From a line of the answer's own it is an error of that line.
    if not request["where"] and any(words in str(request["error"]) for words in swallowed):
        return (
            f"{told} FastAPI says so when a dependency caught the error and did not raise it again."
        )
    if due == 500 and request["status"] == 500:
        return f"{what} server's log got another error{how_it_failed(request)}."
    if request["status"] == 201:
        return f"{told} The error was caught on its way, and the client believes what is not so."
    return f"{told} Let errors go on as they are: the app maps an IntegrityError to 409, once."


def _judge_undone(case: Seats, seen: dict[str, Any]) -> Iterator[Broken]:
    for name, what in (
        ("refused", f"The endpoint raised HTTPException({case.refusal})"),
        ("sent elsewhere", f"The endpoint raised HTTPException({REDIRECT}), a redirect,"),
        ("crashed", "The endpoint raised a LookupError"),
    ):
        if [case.free[0]] in seen[name][0]["after"]:
            yield Broken(
                "undone",
                f"{what} after its INSERT, and the row is in the table all the same: this "
                "transaction was committed, and is to be rolled back.",
            )
            return


def _judge_one(seen: dict[str, Any]) -> Iterator[Broken]:
    for request in seen["held"]:
        if request["status"] != 201:
            yield Broken(
                "one",
                "The first request was answered, and the second one, for another seat, with "
                f"{request['status']}{how_it_failed(request)}. Each request has its own session.",
            )
        elif request["read"] or request["write"] != 1:
            yield Broken("one", _why_not_one_session(request))
        elif request["begun"] != 1:
            yield Broken(
                "one",
                f"One request had {request['begun']} transactions, and each of them commits or "
                "fails by itself. One is due, from the first statement to the end.",
            )


def _why_not_one_session(request: dict[str, Any]) -> str:
    made = {"write": request["write"], "read": request["read"]}
    told = " and ".join(
        f"{count} session{'s' * (count > 1)} of app.state.{name}"
        for name, count in made.items()
        if count
    )
    if not told:
        return (
            "A request made no session of app.state.write. Each request has one of its own, and "
            "it comes from there."
        )
    several = request["write"] > 1 or (request["read"] and request["write"])
    why = (
        " In it the endpoint and a second dependency both asked for WriteSession, and are to get "
        "the same one."
        if several
        else ""
    )
    return f"A request made {told}; one of app.state.write is due.{why}"


def _judge_returned(case: Seats, seen: dict[str, Any]) -> Iterator[Broken]:
    for name, what in (
        ("held", "that ended well"),
        ("refused", f"that was refused with {case.refusal}"),
        ("crashed", "whose endpoint raised a LookupError"),
        ("taken at the flush", "whose flush failed"),
        ("taken at the commit", "whose commit failed"),
        ("locked", "whose COMMIT failed"),
        ("cancelled", "that was cancelled while its endpoint waited"),
    ):
        if out := seen[name][0]["out"]:
            connections = f"{out} connection{'s were' if out > 1 else ' was'}"
            yield Broken(
                "returned",
                f"After a request {what} {connections} still out. What closes the session has to "
                "run on every way out, as the end of `async with` does.",
            )
            return


def _judge_locked(case: Seats, seen: dict[str, Any]) -> Iterator[Broken]:
    first, second = case.free
    failed, following = seen["locked"]
    if [first] in following["after"]:
        yield Broken(
            "locked",
            f"COMMIT failed for seat {first}, since the database was locked; then a request for "
            f"seat {second} was answered, and both are in the table: the next request committed "
            "what had failed. A session that is closed without a rollback, or that committed "
            "inside of its `begin()`, gives its connection back with the transaction still open.",
        )
    elif following["status"] != 201 and not failed["out"]:
        yield Broken(
            "locked",
            f"COMMIT failed for seat {first}, since the database was locked. It was locked no "
            f"more when seat {second} was asked for, and that request was answered with "
            f"{following['status']}{how_it_failed(following)}. Where that is *database is locked*, "
            "the first had left its transaction open.",
        )
    else:
        yield from _judge_unknown(case, seen)


def _judge_unknown(case: Seats, seen: dict[str, Any]) -> Iterator[Broken]:
    failed, following = seen["unknown"]
    if failed["status"] == 409 and following["status"] != 201 and not failed["out"]:
        yield Broken(
            "locked",
            f"COMMIT failed for seat {case.unknown}, since there is none and the key was checked "
            f"only then; and the next request, for seat {case.free[1]}, was answered with "
            f"{following['status']}{how_it_failed(following)}. The first had left its transaction "
            "open: whatever a COMMIT fails with, a rollback follows.",
        )


WRITE_SESSION = Exercise(
    id="ch04-ex1",
    title="Committed before it is answered",
    objectives=("scope", "commit"),
    answers=("write_session", "WriteSession"),
    promises={
        "before": "COMMIT comes before the first byte of the answer",
        "told": "errors go on to the app as they are: a refusal, a crash, and a 409",
        "undone": "a request that raises leaves no row",
        "one": "each request has one session of app.state.write, and one transaction",
        "returned": "the connection goes back, however the request ends",
        "locked": "of a COMMIT that failed, nothing is left for the next request",
    },
    hints=(
        "What ends the transaction has to run before the answer goes out, on every way out, and "
        "must let errors pass. Two things decide: the block around the `yield`, and the scope.",
        "A factory has `begin()`: `async with request.app.state.write.begin() as session:` commits "
        "at its end, rolls back on any error, and closes. "
        '`Depends(write_session, scope="function")` ends it before the answer.',
    ),
    draw=draw_seats,
    observe=observe_write_session,
    judge=judge_write_session,
)
