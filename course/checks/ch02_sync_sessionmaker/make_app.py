"""ch02-ex4: sixty requests on a small pool."""

from collections.abc import Iterable, Iterator
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch02_sync_sessionmaker.gate import USUAL_THREADS
from course.checks.ch02_sync_sessionmaker.programme import (
    NO_SHOW_OUT,
    PRINTERS,
    REQUESTS,
    Programme,
    draw_programme,
    observe_make_app,
)

FIELDS = {"id", "title", "capacity"}


def judge_make_app(programme: Programme, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_show(programme, seen):
        yield Nothing(reason)
        return
    alone = list(_judge_alone(seen))
    yield from alone
    crowd = seen["crowd"]
    if not crowd:
        yield Broken("served", alone[0].message)
    elif crowd["codes"].get("200", 0) < crowd["guests"] or not crowd["guests"]:
        yield Broken("served", _why_not_served(crowd, bool(seen["on loop"])))
    yield from _judge_printers(seen)
    yield from _judge_contract(programme, seen)
    yield from _judge_errors(programme, seen)
    yield from _judge_left(seen)


def _why_no_show(programme: Programme, seen: dict[str, Any]) -> str | None:
    made = seen["made"]
    if made["ended"] == "hung" and made["value"]:
        return (
            f"{made['value']} requests had come, one after the other, most of which had to fail. "
            "The next one was never answered. Is there a place, of a semaphore or a lock, that a "
            "request takes and does not give back when an error comes? A `with` block does."
        )
    if made["ended"] == "hung":
        return (
            "A request that was sent alone, or among many at once, was never answered, and nothing "
            "moved any more. What does it wait for? A lock or a semaphore that holds *threads* "
            "makes the same ring as the pool: all 40 wait in it, and who holds it waits for a "
            "thread."
        )
    if reason := interruption(made, "make_app"):
        return reason
    if made["value"] != "FastAPI":
        return f"make_app returned {made['value']!r} instead of a FastAPI app."
    if seen["failed"]:
        return f"The start or the end of the app failed: {seen['failed'].rstrip('.')}."
    code, _ = seen["alone"]
    path = f"GET /shows/{programme.alone}"
    if code == "404":
        return (
            f"{path} was answered with 404, and there is such a show. The path is "
            "/shows/{show_id}; if it is yours, look at what you ask the database for."
        )
    if code != "200":
        return f"{path}, one request alone, failed: {code}."
    return None


def _judge_alone(seen: dict[str, Any]) -> Iterator[Broken]:
    if not seen["queries"]:
        # Of queries that nobody saw, nothing can be said.
        for promise in ("printers", "free", "returned"):
            yield Broken(
                promise,
                "No query came through an engine of SQLAlchemy. Ask the one that make_app was "
                "given.",
            )
    if seen["replaced"]:
        yield Broken(
            "printers",
            "A request came, and afterwards the engine had another pool, as after `dispose()`: the "
            "connections of the one before are not counted in it, so five are no limit.",
        )
    if seen["on loop"]:
        yield Broken(
            "free",
            "A query ran on the event loop's own thread: a blocking driver, called from "
            "`async def` or from what it returned. Nobody else is answered meanwhile.",
        )
    if seen["left"]:
        yield Broken(
            "returned",
            "One request was answered, and its connection was still out: what took it is not "
            "closed, or was used again after its close. After five of them nobody gets one. Use a "
            "`with` block.",
        )


def _judge_printers(seen: dict[str, Any]) -> Iterator[Broken]:
    crowd = seen["crowd"] or {"foreign": 0, "most": 0}
    if seen["foreign"] or crowd["foreign"]:
        yield Broken(
            "printers",
            "A query came through another engine than the one that make_app was given. An engine "
            "of its own, sync or async, is a second pool, and the number of connections is not "
            "yours to change.",
        )
    elif crowd["most"] > PRINTERS:
        yield Broken(
            "printers",
            f"{crowd['most']} connections were open to the crowd at once, where {PRINTERS} are "
            "paid for: the limit of the pool was raised, or another pool stood in for it. A ring "
            "that waits for connections closes again when more guests come.",
        )


def _judge_contract(programme: Programme, seen: dict[str, Any]) -> Iterator[Broken]:
    answered = [[programme.alone, seen["alone"][1]]]
    answered += seen["crowd"]["bodies"] if seen["crowd"] else []
    asked = (f"odd {number}" for number in range(len(programme.odd)))
    for show_id, (code, body) in zip(programme.odd, (seen[name] for name in asked), strict=True):
        title, capacity = programme.shows[show_id]
        if code == "200":
            answered.append([show_id, body])
        else:
            yield Broken(
                "contract",
                f"There is a show {show_id}, {title!r} with {capacity} seats, and GET "
                f"/shows/{show_id} was answered with {code}.",
            )
    for show_id, body in answered:
        title, capacity = programme.shows[show_id]
        if not isinstance(body, dict) or set(body) != FIELDS:
            yield Broken(
                "contract", f"A show is answered with {sorted(FIELDS)}; this was {body!r}."
            )
        elif body != {"id": show_id, "title": title, "capacity": capacity}:
            yield Broken(
                "contract",
                f"GET /shows/{show_id} is {title!r} with {capacity} seats; this was {body!r}. "
                + _why_another(programme, show_id, body),
            )
        elif float in map(type, body.values()):
            yield Broken(
                "contract",
                f"GET /shows/{show_id} was answered with {body!r}: numbers with a point, where "
                "ShowOut has whole ones.",
            )
    if seen["schema"] is None or set(seen["schema"]) != FIELDS:
        yield Broken(
            "contract",
            "It may well answer, but the contract is gone: the schema at /docs no longer says that "
            f"a show has {', '.join(sorted(FIELDS))}. Keep the response model.",
        )
    elif seen["spoiled"][0] == "200":
        yield Broken(
            "contract",
            f"In one row the capacity is {NO_SHOW_OUT!r}, and it went out as "
            f"{seen['spoiled'][1]!r}. ShowOut promises a number, and nothing held the answer "
            "against it: a Response of your own, like JSONResponse, passes the response model by, "
            "and a model of your own may let text through.",
        )


def _why_another(programme: Programme, show_id: int, body: dict[str, Any]) -> str:
    title, _ = programme.shows[show_id]
    others = [other for other, row in programme.shows.items() if row[0] == body["title"] != title]
    if others or body["id"] != show_id:
        return "That is another show. Which one is due, the path says: query with its show_id."
    return "Answer with the row as it is."


def _judge_errors(programme: Programme, seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge what came when a show was not there, a query failed, or requests had failed before."""
    causes = {"unknown": "There is no such show", "broken": "The query failed"}
    for name, why in causes.items():
        show_id = programme.unknown if name == "unknown" else programme.alone
        code, body = seen[name]
        if code == "200":
            yield Broken(
                "contract",
                f"{why}, and GET /shows/{show_id} was answered with 200 and {body!r}. An error is "
                "due, of whichever status: what is made up, or remembered, is not that show.",
            )
            return
    code, body = seen.get("again", ("200", None))
    title, capacity = programme.changed
    if code != "200":
        yield Broken(
            "served",
            f"Requests failed, {PRINTERS + 1} in each of three ways. Then GET "
            f"/shows/{programme.alone}, which had been answered before, was answered with {code}.",
        )
    elif body and body != {"id": programme.alone, "title": title, "capacity": capacity}:
        yield Broken(
            "contract",
            f"The show was changed in the database, to {title!r} with {capacity} seats. Then GET "
            f"/shows/{programme.alone} was still answered with {body!r}.",
        )


def _judge_left(seen: dict[str, Any]) -> Iterator[Broken]:
    for what, number in seen["left by"].items():
        yield Broken(
            "returned",
            f"After a request {what} {number} connection was still out. A line after the one that "
            "fails is not reached: close the session in a `with` block, or in `finally`.",
        )
        return
    if seen["crowd"] and seen["crowd"]["left"]:
        yield Broken(
            "returned",
            f"When all was over, {seen['crowd']['left']} connections were still out: what took "
            "them was not closed.",
        )


def _why_not_served(crowd: dict[str, Any], on_loop: bool) -> str:
    codes, guests = crowd["codes"], crowd["guests"]
    # How many lose depends on who was faster: without a number every run says the same.
    pool = any("QueuePool" in code for code in codes)
    if pool and on_loop:
        return (
            f"Of {guests} requests some failed with a QueuePool timeout: the event loop itself "
            "waited for a connection, and who held one waited for the loop."
        )
    if pool and guests > REQUESTS:
        return (
            f"Your app raised the number of threads, so {guests} guests came, again "
            f"{REQUESTS - USUAL_THREADS} more than there are threads, and some of them failed "
            "with a QueuePool timeout. More threads move the cliff: somebody still holds a "
            "connection while waiting, for a thread or for a second connection."
        )
    if pool:
        return (
            f"Of {REQUESTS} requests some failed with a QueuePool timeout. Threads waited for a "
            f"connection, and who held one of the {PRINTERS} waited as well: for a second one, if "
            "a request takes two, for a thread in which its endpoint runs, if its dependency had "
            "taken the connection, or for a thread in which its answer is validated. A longer "
            "timeout makes them fail later, and the exit of a dependency, with "
            'scope="function" too, comes after the validation.'
        )
    other = next(code for code in codes if code != "200")
    return f"Of {guests} requests some failed: {other}."


MAKE_APP = Exercise(
    id="ch02-ex4",
    title="Sixty guests and five printers",
    objectives=("load", "request", "factory"),
    answers=("make_app",),
    promises={
        "served": "all sixty requests are answered",
        "printers": "with the five connections of the given engine, and never more",
        "contract": "the response model stands, in the answer and in the schema",
        "free": "no query runs on the event loop",
        "returned": "every connection goes back, also from a request that failed",
    },
    hints=(
        "Who holds a connection while waiting for a thread? Find a way in which nobody does.",
        "Either the connection goes back before the answer is validated, or no more requests than "
        "there are connections get as far as asking for one.",
        "Open the session inside the endpoint, in a `with` block, and return from outside it; or "
        "Depends(get_session, max_concurrency=5).",
    ),
    draw=draw_programme,
    observe=observe_make_app,
    judge=judge_make_app,
)
