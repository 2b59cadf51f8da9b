"""ch02-ex4: sixty requests on a small pool."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import Engine, insert, text

from course.checking.attempts import Outcome, attempt_sync, describe, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch02_sync_sessionmaker.gate import (
    USUAL_THREADS,
    Gate,
    PatientPool,
    crowd_for,
)
from course.checks.ch02_sync_sessionmaker.watched import plainly
from lantern import client, lifespan
from lantern.theatre import Base, Show, make_sync_engine

REQUESTS = 60
Tell = Callable[[dict[str, Any]], None]

PRINTERS = 5
AT_ONCE_ON_THE_LOOP = 12  # more than connections; one after the other
HUNG = 60.0  # seconds; the last resort, for what blocks where nobody looks on
NEVER_ENDED = {"made": Outcome("hung").as_dict()}
FIELDS = {"id", "title", "capacity"}
NO_SHOW_OUT = "standing"  # a capacity that SQLite stores, and that is no number
EXPIRED = (
    "the show was expired by the commit and its session is closed, so the response model could "
    "not read it. Use Session() without the commit, or build ShowOut inside the block"
)


@dataclass(frozen=True)
class Programme:
    """Shows by their ids; two are asked for by the crowd, and two requests go wrong.

    One is asked for `alone`, and once more when it has become what `changed` is; two are `odd`.
    """

    shows: dict[int, tuple[str, int]]
    alone: int
    changed: tuple[str, int]
    odd: tuple[int, int]
    crowd: tuple[int, int]
    spoiled: int
    unknown: int


def draw_programme(random: Random) -> Programme:
    """Draw ids, titles and capacities that cannot be guessed, and two shows that are unlike others.

    One of these has no title and no seats, the other one a title of signs and blanks; between
    their ids are all others, also that of the show that there is not.
    """
    spoiled, *others = sorted(random.sample(range(100, 999), 5))
    # Beside it stand shows that can be answered with in its place.
    unknown = others.pop(random.randrange(1, len(others)))
    alone, first, second = random.sample(others, 3)
    low, high = random.randrange(1, 100), random.randrange(10**6, 10**9)
    capacities = random.sample(range(20, 400), 4)
    shows = {
        show_id: (f"L'été, soir {random.randrange(10**6)}", capacity)
        for show_id, capacity in zip((alone, first, second), capacities[:3], strict=True)
    }
    shows[low] = ("", 0)
    shows[high] = (f"  <½ & ½> {'la ' * random.randrange(30, 40)}", random.randrange(10**5, 10**6))
    changed = f"L'hiver, soir {random.randrange(10**6)}", capacities[3]
    return Programme(shows, alone, changed, (low, high), (first, second), spoiled, unknown)


async def observe_make_app(programme: Programme, make_app: Any) -> dict[str, Any]:
    """Send a few requests to the learner's app, then sixty at once, on a pool of five.

    They run on an event loop of their own, in a thread: threads that wait for each other
    for ever then take nothing away from the notebook.
    """
    here = asyncio.get_running_loop()
    seen = here.create_future()

    def answer(result: dict[str, Any]) -> None:
        if not seen.done():
            seen.set_result(result)

    def tell(result: dict[str, Any]) -> None:
        here.call_soon_threadsafe(answer, result)

    def elsewhere() -> None:
        tell(asyncio.run(_observe_app(programme, make_app, looks, tell)))

    with ExitStack() as looks:
        threading.Thread(target=elsewhere, daemon=True).start()
        try:
            return await asyncio.wait_for(seen, HUNG)
        except TimeoutError:
            return NEVER_ENDED


async def _observe_app(
    programme: Programme, make_app: Any, looks: ExitStack, tell: Tell
) -> dict[str, Any]:
    """Observe an app; where nothing moves any more, `tell` so, for no call returns then."""
    engine = _theatre(programme)
    made = attempt_sync(lambda: make_app(engine))
    if made.ended != "returned" or not callable(getattr(made.value, "openapi", None)):
        engine.dispose()
        return {"made": plainly(made)}
    seen = await _one_by_one(programme, made.value, Gate(engine, looks), tell)
    seen["crowd"] = None
    # What one request shows alone, a crowd would show after a long wait.
    as_due = seen["queries"] and not (seen["left"] or seen["replaced"])
    if seen["alone"][0] == "200" and as_due:
        # The pool of an app whose requests failed may be empty: the crowd gets a new one.
        hung = partial(tell, NEVER_ENDED)
        gate = Gate(_theatre(programme), looks)
        seen["crowd"] = await _crowd(programme, make_app, bool(seen["on loop"]), gate, hung)
    return {"made": Outcome("returned", "FastAPI").as_dict(), **seen}


def _theatre(programme: Programme) -> Engine:
    engine = make_sync_engine(poolclass=PatientPool, pool_size=PRINTERS, max_overflow=0)
    Base.metadata.create_all(engine)
    rows = [
        {"id": show_id, "title": title, "capacity": capacity}
        for show_id, (title, capacity) in programme.shows.items()
    ]
    rows += [{"id": programme.spoiled, "title": "Spoiled", "capacity": 1}]
    with engine.begin() as connection:
        connection.execute(insert(Show), rows)
        spoil = text("UPDATE shows SET capacity = :word WHERE id = :id")
        connection.execute(spoil, {"word": NO_SHOW_OUT, "id": programme.spoiled})
    return engine


async def _one_by_one(programme: Programme, app: Any, gate: Gate, tell: Tell) -> dict[str, Any]:
    """Ask for shows; let three requests fail, each in another way; then ask for the first again.

    Before that they fail so often that nobody can have kept a place from each of them.
    """
    engine, failed, asked = gate.engine, "", 0
    answers: dict[str, tuple[str, Any]] = {"alone": ("", None)}
    left, left_by, pool = 0, {}, engine.pool
    failing = {
        "spoiled": (programme.spoiled, "whose answer was no ShowOut"),
        "unknown": (programme.unknown, "for a show that there is not"),
        "broken": (programme.alone, "whose query failed"),
    }

    def hung() -> None:
        gate.fails = False  # nobody gets there to leave it
        tell({"made": Outcome("hung", asked).as_dict()})

    try:
        with gate.watch():
            async with lifespan(app), client(app) as http:

                async def ask(name: str, show_id: int) -> None:
                    nonlocal asked
                    with gate.broken() if name == "broken" else nullcontext():
                        answers[name] = await _ask(http, show_id)
                    asked += 1

                await ask("alone", programme.alone)
                left = gate.out
                for number, show_id in enumerate(programme.odd):
                    await ask(f"odd {number}", show_id)
                for name, (show_id, what) in failing.items():
                    before = gate.out
                    await ask(name, show_id)
                    left_by[what] = gate.out - before
                looking = asyncio.create_task(gate.look_on(lambda: asked, hung))
                # Who keeps connections has none left for more requests, and is told so.
                for _ in range(0 if gate.out else PRINTERS):
                    for name, (show_id, _) in failing.items():
                        await ask(name, show_id)
                _change(engine, programme)
                if not gate.out:
                    await ask("again", programme.alone)
                looking.cancel()
    except Exception as error:
        failed = describe(error)
    finally:
        replaced = engine.pool is not pool
        engine.dispose()
    return {
        "failed": failed,
        "replaced": replaced,
        **{name: list(answer) for name, answer in answers.items()},
        "schema": _schema_fields(app),
        "queries": gate.queries,
        "foreign": gate.foreign,
        "on loop": gate.on_loop,
        "left": left,
        "left by": {what: number for what, number in left_by.items() if number},
    }


def _change(engine: Engine, programme: Programme) -> None:
    """Give a show another title and capacity, from outside."""
    with closing(sqlite3.connect(str(engine.url.database))) as other, other:
        change = "UPDATE shows SET title = ?, capacity = ? WHERE id = ?"
        other.execute(change, (*programme.changed, programme.alone))


async def _crowd(
    programme: Programme, make_app: Any, on_loop: bool, gate: Gate, hung: Callable[[], None]
) -> dict[str, Any]:
    """Ask for two shows so many times at once, and let the queries begin when all have come."""
    answers: list[tuple[int, str, Any]] = []
    guests, failed = 0, ""
    try:
        app = make_app(gate.engine)
        async with lifespan(app), client(app) as http:
            guests = AT_ONCE_ON_THE_LOOP if on_loop else crowd_for(REQUESTS)

            async def ask(number: int) -> None:
                show_id = programme.crowd[number % 2]
                answers.append((show_id, *await _ask(http, show_id)))

            with gate.watch(closed=True):
                gate.connections.set_given_up(False)
                looking = asyncio.create_task(gate.look_on(lambda: len(answers), hung))
                await asyncio.gather(*map(ask, range(guests)))
                gate.connections.set_given_up(True)
                looking.cancel()
    except Exception as error:
        failed = describe(error)
    finally:
        gate.engine.dispose()
    codes = [code for _, code, _ in answers] + [failed] * bool(failed)
    bodies = {str((show_id, body)): [show_id, body] for show_id, _, body in answers if body}
    return {
        "guests": guests,
        "codes": {code: codes.count(code) for code in sorted(set(codes))},
        "bodies": list(bodies.values())[:4],
        "most": gate.most,
        "foreign": gate.foreign,
        "left": gate.out,
    }


async def _ask(http: Any, show_id: int) -> tuple[str, Any]:
    """Ask for a show; return the status, or the error, and the body."""
    try:
        response = await http.get(f"/shows/{show_id}")
        return str(response.status_code), response.json() if response.status_code == 200 else None
    except Exception as error:
        if "is not bound to a Session" in str(error):
            return f"{type(error).__name__}: {EXPIRED}", None
        return describe(error).rstrip(":."), None


def _schema_fields(app: Any) -> list[str] | None:
    """Return the fields that the app's schema promises for a show, or None."""
    try:
        schema = app.openapi()
    except Exception:
        return None
    path = next((p for p in schema["paths"] if p.startswith("/shows/{")), "")
    answer = schema["paths"].get(path, {}).get("get", {}).get("responses", {}).get("200", {})
    wanted = answer.get("content", {}).get("application/json", {}).get("schema", {})
    name = wanted.get("$ref", "").rpartition("/")[2]
    fields = schema.get("components", {}).get("schemas", {}).get(name, wanted)
    return sorted(fields["properties"]) if "properties" in fields else None


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
            "Sixty requests were sent, and then nothing moved any more. A lock or a "
            "semaphore that holds *threads* makes the same ring as the pool: all 40 wait in it, "
            "and who holds it waits for a thread."
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
            "One request was answered, and its connection was still out: its session is not "
            "closed. After five of them nobody gets one. Use a `with` block.",
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
            "paid for: the limit of the pool was raised. With more guests than that the ring "
            "would close again.",
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
                "Which show it is, the path says: query with its show_id.",
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
            f"{seen['spoiled'][1]!r}. The schema promises a number, and nothing held the answer "
            "against it: a Response of your own, like JSONResponse, passes the response model by.",
        )


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
            "connection while waiting for a thread."
        )
    if pool:
        return (
            f"Of {REQUESTS} requests some failed with a QueuePool timeout. Threads waited for "
            f"a connection; the {PRINTERS} requests that held one waited for a thread, in which "
            "their answer is validated. A longer timeout makes them fail later, and the exit of a "
            'dependency, with scope="function" too, comes after the validation.'
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
