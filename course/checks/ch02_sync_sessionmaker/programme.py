"""What ch02-ex4 sees of an app: requests one by one, some of which fail, and sixty at once."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from sqlalchemy import Engine, insert, text

from course.checking.attempts import Outcome, attempt_sync, describe
from course.checks.another_loop import Tell, on_another_loop
from course.checks.ch02_sync_sessionmaker.gate import Gate, PatientPool, crowd_for
from course.checks.ch02_sync_sessionmaker.watched import plainly
from lantern import client, lifespan
from lantern.theatre import Base, Show, make_sync_engine

REQUESTS = 60
PRINTERS = 5
AT_ONCE_ON_THE_LOOP = 12  # more than connections; one after the other
NEVER_ENDED = {"made": Outcome("hung").as_dict()}
NO_SHOW_OUT = "standing"  # a capacity that SQLite stores, and that is no number
EXPIRED = (
    "an object had to read something when its session was closed: what was never read, or what a "
    "commit or a rollback has expired. Use Session() without the commit, or build ShowOut inside "
    "the block"
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

    One of these has no title and no seats, the other one a title of signs and blanks and a capacity
    below zero; between their ids are all others, also that of the show that there is not.
    """
    spoiled, *others = sorted(random.sample(range(100, 999), 5))
    # Beside it stand shows that can be answered with in its place.
    unknown = others.pop(random.randrange(1, len(others)))
    alone, first, second = random.sample(others, 3)
    low, high = random.randrange(1, 100), random.randrange(10**6, 10**9)
    capacities = random.sample(range(20, 400), 3)
    shows = {
        show_id: (f"L'été, soir {random.randrange(10**6)}", capacity)
        for show_id, capacity in zip((alone, first, second), capacities, strict=True)
    }
    shows[low] = ("", 0)
    shows[high] = (f"  <½ & ½> {'la ' * random.randrange(30, 40)}", -random.randrange(2, 10**6))
    changed = f"L'hiver, soir {random.randrange(10**6)}", random.randrange(10**5, 10**6)
    return Programme(shows, alone, changed, (low, high), (first, second), spoiled, unknown)


async def observe_make_app(programme: Programme, make_app: Any) -> dict[str, Any]:
    """Send a few requests to the learner's app, then sixty at once, on a pool of five.

    They run on an event loop of their own, in a thread: threads that wait for each other
    for ever then take nothing away from the notebook.
    """
    with ExitStack() as looks:
        observe = partial(_observe_app, programme, make_app, looks)
        return await on_another_loop(observe, NEVER_ENDED)


async def _observe_app(
    programme: Programme, make_app: Any, looks: ExitStack, tell: Tell
) -> dict[str, Any]:
    """Observe an app; where nothing moves any more, `tell` so, for no call returns then."""
    engine = _theatre(programme)
    made = attempt_sync(lambda: make_app(engine))
    if made.ended != "returned" or not isinstance(made.value, FastAPI):
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


def _schema_fields(app: FastAPI) -> list[str] | None:
    """Return the fields that the app's routes promise for a show, or None.

    The app's own schema may be one that was written beside them.
    """
    try:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
    except Exception:
        return None
    path = next((p for p in schema["paths"] if p.startswith("/shows/{")), "")
    answer = schema["paths"].get(path, {}).get("get", {}).get("responses", {}).get("200", {})
    wanted = answer.get("content", {}).get("application/json", {}).get("schema", {})
    name = wanted.get("$ref", "").rpartition("/")[2]
    fields = schema.get("components", {}).get("schemas", {}).get(name, wanted)
    return sorted(fields["properties"]) if "properties" in fields else None
