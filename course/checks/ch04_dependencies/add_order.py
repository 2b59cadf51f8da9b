"""ch04-ex4: who asks for the guest and who asks for the session share one session."""

from collections.abc import Iterable, Iterator
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch04_dependencies.add_order_seen import (
    CENTS,
    Counter,
    draw_counter,
    observe_add_order,
)
from course.checks.ch04_dependencies.desk import how_it_failed, why_not_made

NO_DEPENDS = (
    "FastAPI takes such a parameter without Depends for something that the client sends: it is "
    "`Annotated[…, Depends(…)]`."
)


def judge_add_order(case: Counter, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_order(case, seen):
        yield Nothing(reason)
        return
    written = list(_judge_written(case, seen))
    yield from written
    one = list(_judge_one(seen))
    yield from one
    # What one request alone does wrong, two do as well, and are not told again.
    if not written and not one and (reason := _why_not_at_once(case, seen)):
        yield Broken("one", reason)
    yield from _judge_refused(case, seen)
    yield from _judge_early(case, seen)
    yield from _judge_returned(case, seen)


def _why_no_order(case: Counter, seen: dict[str, Any]) -> str | None:
    if reason := why_not_made(seen["made"], "add_order", NO_DEPENDS):
        return reason
    first = seen["ordered"][0]
    path = f"POST /shows/{case.show}/orders"
    if reason := interruption(first, path):
        return reason
    if first["status"] in (404, 405):
        return (
            f"{path} was answered with {first['status']}, and there are this show and this guest. "
            "Is there such a route, with this method?"
        )
    if first["status"] != 201:
        return (
            f"{path} with x-guest: {case.ordering[0]}, who stands in the table, was answered with "
            f"{first['status']} in place of 201{how_it_failed(first)}."
        )
    return None


def _stored(case: Counter) -> list[list[int]]:
    return [[order, case.show, guest, CENTS] for order, guest in sorted(case.orders.items())]


def _judge_written(case: Counter, seen: dict[str, Any]) -> Iterator[Broken]:
    stored = _stored(case)
    for guest, request in zip(case.ordering, seen["ordered"], strict=True):
        if request["status"] != 201:
            return  # and that is told with the sessions
        new = [row for row in request["after"] if row not in stored]
        told = f"Guest {guest} ordered, and the answer was 201."
        if not new:
            yield Broken("written", f"{told} No row came: it was not committed.")
            return
        if len(new) > 1 or new[0][1:] != [case.show, guest, 0]:
            rows = ", ".join(f"guest {row[2]} of show {row[1]}, {row[3]} cents" for row in new)
            yield Broken(
                "written",
                f"{told} One order of this guest and show {case.show}, 0 cents, is due; in the "
                f"table came {rows}.",
            )
            return
        if not request["committed"]:
            yield Broken(
                "written",
                f"{told} The order is in the table, and no COMMIT was sent that had it to commit: "
                "on SQLite as it is shipped the end of a savepoint that no transaction surrounds "
                "commits, and elsewhere nothing is stored then. Or each statement commits by "
                "itself, in AUTOCOMMIT.",
            )
            return
        if new[0] not in request["first"]:
            yield Broken(
                "written",
                f"{told} When its first byte came, no other connection could see the order; "
                "afterwards it was there: COMMIT came after the answer.",
            )
            return
        due = {"order": new[0][0], "guest": case.guests[guest]}
        if request["body"] != due:
            yield Broken("written", f"{told} It says {request['body']!r}; {due!r} is due.")
            return
        stored += new
    guest, said = case.ordering[0], seen["corrected"]
    if isinstance(said, dict) and said.get("guest") == case.guests[guest]:
        yield Broken(
            "written",
            f"Guest {guest} ordered; the address was corrected in the table to {case.corrected}; "
            f"the guest ordered again. The answer says {said['guest']}, as before: it was kept "
            "from another request.",
        )
    locked = seen["locked"][0]
    if locked["status"] == 201:
        yield Broken(
            "written",
            "COMMIT failed, since the database was locked, and the guest was told 201: the error "
            "was caught on its way, and is to go on.",
        )


def _judge_one(seen: dict[str, Any]) -> Iterator[Broken]:
    for request in seen["ordered"]:
        made = {name: request[name] for name in ("read", "write")}
        if request["status"] != 201:
            yield Broken(
                "one",
                "The first guest's order was answered with 201, the second guest's with "
                f"{request['status']}{how_it_failed(request)}. Each request has its own session.",
            )
        elif made == {"read": 0, "write": 1} and request["taken"] == request["begun"] == 1:
            continue
        elif request["read"] + request["write"] == 1 and request["write"]:
            yield Broken("one", _why_not_one_transaction(request))
        else:
            yield Broken("one", _why_not_one_session(made))
        return


def _why_not_at_once(case: Counter, seen: dict[str, Any]) -> str | None:
    guest, request = case.ordering[0], seen["at once"]["ordered"]
    told = f"While guest {guest} ordered, somebody came without the header x-guest."
    if reason := interruption(request, f"{told} The order"):
        return reason
    if request["status"] != 201:
        return (
            f"{told} The order was answered with {request['status']}{how_it_failed(request)}. What "
            "is kept for the app, and not for the request, such as `app.state`, is another "
            "request's as well."
        )
    guests = [row[2] for row in seen["at once"]["rows"] if row not in _stored(case)]
    if guests != [guest]:
        return f"{told} In the table came orders of {guests or 'nobody'}; one of {guest} is due."
    return None


def _why_not_one_session(made: dict[str, int]) -> str:
    told = " and ".join(f"{count} of app.state.{name}" for name, count in made.items() if count)
    due = "one of app.state.write is due, for the guest and for the endpoint"
    if not told:
        return f"One order made no session of app.state.read or of app.state.write; {due}."
    if sum(made.values()) == 1:
        return f"The session of an order was {told}; {due}."
    return (
        f"One order made {sum(made.values())} sessions, {told}; {due}. Two sessions are two "
        "connections: where the first holds its own while the second asks for one, as many guests "
        "at once as the pool has connections wait for each other. A dependency is shared in a "
        "request where function, scope and use_cache agree."
    )


def _why_not_one_transaction(request: dict[str, Any]) -> str:
    return (
        f"One order had one session of app.state.write, and {request['begun']} transactions on "
        f"{request['taken']} connections, one after the other or side by side. One is due: what "
        "was true of the guest is to be true still when the order is written."
    )


def _judge_refused(case: Counter, seen: dict[str, Any]) -> Iterator[Broken]:
    stored = _stored(case)
    strangers = (f"with x-guest: {name}, whom nobody knows," for name in case.strangers)
    for request, whose in (
        *zip(seen["stranger"], strangers, strict=True),
        *_without_a_number(case, seen),
    ):
        if reason := interruption(request, f"A request {whose}"):
            yield Broken("refused", reason)
            return
        if request["status"] != 401:
            why = ""
            if request["status"] == 422:
                why = (
                    " With 422 FastAPI itself refuses a header that is missing, or not of its "
                    "declared type: declare it as `str | None`, and look at it yourself."
                )
            yield Broken(
                "refused",
                f"A request {whose} was answered with {request['status']}{how_it_failed(request)}; "
                f"401 is due.{why}",
            )
            return
        if request["after"] != stored:
            yield Broken(
                "refused",
                f"A request {whose} was answered with 401, and there is a new row in orders.",
            )
            return


def _without_a_number(case: Counter, seen: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the requests that name nobody, and what each of them came with."""
    yield seen["nobody"][0], "without the header x-guest"
    for name, request in zip(case.unreadable, seen["in words"], strict=True):
        yield request, f"with x-guest: {name}"


def _judge_early(case: Counter, seen: dict[str, Any]) -> Iterator[Broken]:
    for request, whose in _without_a_number(case, seen):
        if request["taken"]:
            yield Broken(
                "early",
                f"A request {whose} took a connection. Of a header "
                "that names nobody the database has nothing to say: refuse it before the first "
                "statement. A session takes no connection until then.",
            )
            return


def _judge_returned(case: Counter, seen: dict[str, Any]) -> Iterator[Broken]:
    for name, what in (
        ("ordered", "that was answered with 201"),
        ("stranger", "of a guest whom nobody knows"),
        ("nobody", "without the header x-guest"),
        ("in words", f"with x-guest: {case.unreadable[0]}"),
        ("locked", "whose COMMIT failed"),
    ):
        if seen[name][0]["out"]:
            yield Broken(
                "returned",
                f"After a request {what} a connection was still out. What closes the session has "
                "to run on every way out, as the end of `async with` does.",
            )
            return


ADD_ORDER = Exercise(
    id="ch04-ex4",
    title="One guest, one session",
    objectives=("connections",),
    answers=("add_order",),
    promises={
        "written": "the guest's order is committed before the first byte of the answer",
        "one": "guest and endpoint share one session, one transaction, one connection",
        "refused": "whoever names no guest of the theatre gets a 401, and no row",
        "early": "a header that is missing, or no number, is refused before a connection is taken",
        "returned": "the connection goes back, however the request ends",
    },
    hints=(
        "A dependency may depend on another one. FastAPI opens it once for all who ask for it in "
        "the same way: with the same alias.",
        "`async def current_guest(session: WriteSession, x_guest: Annotated[str | None, Header()] "
        "= None) -> Guest:` looks at the header first, and then asks the session. The endpoint "
        "takes `guest: Annotated[Guest, Depends(current_guest)]` and `session: WriteSession`.",
    ),
    draw=draw_counter,
    observe=observe_add_order,
    judge=judge_add_order,
)
