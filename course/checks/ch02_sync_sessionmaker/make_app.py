"""ch02-ex4: sixty requests on a small pool."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from sqlalchemy import Engine, QueuePool, event
from sqlalchemy.orm import Session
from sqlalchemy.util.queue import Empty, Queue

from course.checking.attempts import attempt_sync, describe, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch02_sync_sessionmaker.watched import plainly
from lantern import client, lifespan
from lantern.pool import connections_in_use
from lantern.pulse import is_queued
from lantern.theatre import (
    Show,
    make_sync_engine,
    seed_sync,
)

REQUESTS = 60
PRINTERS = 5
HUNG = 60.0  # seconds; the last resort, for what blocks where nobody looks on
USUAL_THREADS = 40
MOST_THREADS = 200  # who asks for more gets these, so that the crowd outnumbers the threads
SHOWS = {1: ("The Tempest", 120), 2: ("Twelfth Night", 40)}
FIELDS = {"id", "title", "capacity"}
NEVER_ENDED = {"made": {"ended": "hung", "value": None, "error": ""}}
CALM = 12  # looks in a row at which nothing had moved
EXPIRED = (
    "the show was expired by the commit and its session is closed, so the response model could "
    "not read it. Use Session() without the commit, or build ShowOut inside the block"
)


class PatientQueue(Queue[Any]):
    """The queue of a pool: who waits in it gives up when told to, and not by the clock."""

    given_up = True

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if not block:
            return super().get(block=False)
        with self.not_empty:
            while self._empty():
                if self.given_up:
                    raise Empty
                self.not_empty.wait()
            return self._get()

    def set_given_up(self, given_up: bool) -> None:
        with self.not_empty:
            self.given_up = given_up
            self.not_empty.notify_all()


class PatientPool(QueuePool):
    _queue_class = PatientQueue


class Gate:
    """Counts queries and connections; closed, it holds the first queries of a crowd.

    It opens when all requests stand where they can go no further. Who can be served then
    depends on who holds what, and not on who was faster.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.opened = threading.Event()
        self.opened.set()
        self.queries = self.on_loop = 0
        # A connection that nobody gave back is kept, so that no garbage collection can hide it.
        self.lent: list[Any] = []
        self.loop_thread = threading.get_ident()

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Look on while the block runs."""
        event.listen(self.engine, "before_cursor_execute", self._query)
        event.listen(self.engine, "checkout", self._checkout)
        try:
            yield
        finally:
            self.opened.set()
            event.remove(self.engine, "before_cursor_execute", self._query)
            event.remove(self.engine, "checkout", self._checkout)

    def _query(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("BEGIN"):
            return
        self.queries += 1
        if threading.get_ident() == self.loop_thread:
            self.on_loop += 1
        else:
            self.opened.wait()

    def _checkout(self, connection: Any, record: Any, lent: Any) -> None:
        self.lent.append(lent)

    async def until_calm(self, done: Callable[[], int]) -> None:
        """Wait until nothing has moved, and no thread waited for a processor, for some looks."""
        before, calm = None, 0
        threads = current_default_thread_limiter()
        known = threads.total_tokens
        while calm < CALM:
            await asyncio.sleep(0.01)
            # Whoever raises them now comes too late: the crowd was counted.
            threads.total_tokens = known
            seen = threads.statistics()
            now = (seen.borrowed_tokens, seen.tasks_waiting, self.queries, len(self.lent), done())
            calm = calm + 1 if now == before and not _is_any_queued() else 0
            before = now


def _is_any_queued() -> bool:
    others = set(threading.enumerate()) - {threading.current_thread()}
    return any(map(is_queued, others))


async def observe_make_app(case: None, make_app: Any) -> dict[str, Any]:
    """Send one request to the learner's app, then sixty at once, on a pool of five.

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
        tell(asyncio.run(_observe_app(make_app, hung=lambda: tell(NEVER_ENDED))))

    threading.Thread(target=elsewhere, daemon=True).start()
    try:
        return await asyncio.wait_for(seen, HUNG)
    except TimeoutError:
        return NEVER_ENDED


async def _observe_app(make_app: Any, hung: Callable[[], None]) -> dict[str, Any]:
    engine = make_sync_engine(poolclass=PatientPool, pool_size=PRINTERS, max_overflow=0)
    seed_sync(engine)
    with Session(engine) as session, session.begin():
        title, capacity = SHOWS[2]
        session.add(Show(id=2, title=title, capacity=capacity))
    try:
        made = attempt_sync(lambda: make_app(engine))
        if made.ended != "returned" or not callable(getattr(made.value, "openapi", None)):
            return {"made": plainly(made)}
        seen = await _asked(made.value, engine, hung)
    finally:
        engine.dispose()
    return {"made": {"ended": "returned", "value": "FastAPI", "error": ""}, **seen}


async def _asked(app: Any, engine: Engine, hung: Callable[[], None]) -> dict[str, Any]:
    gate, alone, crowd, left, failed = Gate(engine), ("", None), 0, 0, ""
    answers: list[tuple[str, Any]] = []
    try:
        async with lifespan(app), client(app) as http:
            with gate.watch():
                alone = await _ask(http, 2)
                left = connections_in_use(engine)
                # What one request shows alone, a crowd would show after a long wait.
                if alone[0] == "200" and gate.queries and not gate.on_loop and not left:
                    crowd = _crowd()
                    await _burst(http, gate, crowd, answers, hung)
                    left = connections_in_use(engine)
    except Exception as error:
        failed = describe(error)
    codes = [code for code, _ in answers]
    return {
        "failed": failed,
        "alone": list(alone),
        "crowd": crowd,
        "codes": {code: codes.count(code) for code in sorted(set(codes))},
        "bodies": [body for _, body in answers if body is not None][:1],
        "schema": _schema_fields(app),
        "queries": gate.queries,
        "on loop": gate.on_loop,
        "left": left,
    }


async def _burst(
    http: Any,
    gate: Gate,
    crowd: int,
    answers: list[tuple[str, Any]],
    hung: Callable[[], None],
) -> None:
    """Ask for show 1 so many times at once, and let the queries begin when all have come.

    When everything stands still after that, nobody gets a connection any more; when it stands
    still even then, it will for ever.
    """
    connections: PatientQueue = vars(gate.engine.pool)["_pool"]

    async def ask() -> None:
        answers.append(await _ask(http, 1))

    async def look_on() -> None:
        for next_step in (gate.opened.set, lambda: connections.set_given_up(True), hung):
            await gate.until_calm(lambda: len(answers))
            next_step()

    gate.opened.clear()
    connections.set_given_up(False)
    looking = asyncio.create_task(look_on())
    await asyncio.gather(*(ask() for _ in range(crowd)))
    connections.set_given_up(True)
    looking.cancel()


def _crowd() -> int:
    """Return how many guests come: sixty, or as many more than an app's raised threads."""
    threads = current_default_thread_limiter()
    threads.total_tokens = min(threads.total_tokens, MOST_THREADS)
    return max(REQUESTS, REQUESTS - USUAL_THREADS + int(threads.total_tokens))


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


def judge_make_app(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_show(seen):
        yield Nothing(reason)
        return
    alone = list(_judge_alone(seen))
    yield from alone
    if not seen["crowd"]:
        yield Broken("served", alone[0].message)
    elif seen["codes"].get("200", 0) < seen["crowd"]:
        yield Broken("served", _why_not_served(seen))
    yield from _judge_contract(seen)
    if seen["left"]:
        yield Broken(
            "returned",
            f"When all was over, pool.checkedout() was {seen['left']}: sessions were not closed.",
        )


def _why_no_show(seen: dict[str, Any]) -> str | None:
    made = seen["made"]
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
    if code == "404":
        return "GET /shows/2 was answered with 404. The path is /shows/{show_id}."
    if code != "200":
        return f"GET /shows/2, one request alone, failed: {code}."
    return None


def _judge_alone(seen: dict[str, Any]) -> Iterable[Broken]:
    if not seen["queries"]:
        # Of queries that nobody saw, nothing can be said.
        for promise in ("printers", "free", "returned"):
            yield Broken(
                promise,
                "No query came through the engine that make_app was given. An engine of its own, "
                "sync or async, is a second pool, and the number of printers is not yours to "
                "change; a pool of 40 failed as well, with more requests.",
            )
    if seen["on loop"]:
        yield Broken(
            "free",
            "A query ran on the event loop's own thread: a blocking driver inside `async def`. "
            "Nobody else is answered meanwhile.",
        )
    if seen["left"] and not seen["crowd"]:
        yield Broken(
            "returned",
            "One request was answered, and its connection was still out: your sessions are never "
            "closed. After five of them nobody gets one. Use a `with` block.",
        )


def _judge_contract(seen: dict[str, Any]) -> Iterable[Broken]:
    body = seen["bodies"][0] if seen["bodies"] else _show(1)
    _, other = seen["alone"]
    for show_id, answered in ((2, other), (1, body)):
        if not isinstance(answered, dict) or set(answered) != FIELDS:
            yield Broken(
                "contract", f"A show is answered with {sorted(FIELDS)}; this was {answered!r}."
            )
        elif answered != _show(show_id):
            title, capacity = SHOWS[show_id]
            yield Broken(
                "contract",
                f"GET /shows/{show_id} is {title} with {capacity} seats; this was {answered!r}. "
                "Which show it is, the path says: query with its show_id.",
            )
    if seen["schema"] is None or set(seen["schema"]) != FIELDS:
        yield Broken(
            "contract",
            "It may well answer, but the contract is gone: the schema at /docs no longer says that "
            f"a show has {', '.join(sorted(FIELDS))}. Keep the response model.",
        )


def _show(show_id: int) -> dict[str, Any]:
    title, capacity = SHOWS[show_id]
    return {"id": show_id, "title": title, "capacity": capacity}


def _why_not_served(seen: dict[str, Any]) -> str:
    codes, crowd = seen["codes"], seen["crowd"]
    # How many lose depends on who was faster: without a number every run says the same.
    pool = any("QueuePool" in code for code in codes)
    if pool and crowd > REQUESTS:
        return (
            f"Your app raised the number of threads, so {crowd} guests came, again "
            f"{REQUESTS - USUAL_THREADS} more than there are threads, and some of them failed "
            "with a QueuePool timeout. More threads move the cliff: somebody still holds a "
            "connection while waiting for a thread."
        )
    if pool:
        return (
            f"Of {REQUESTS} requests some failed with a QueuePool timeout. 40 threads waited for "
            f"a connection; the {PRINTERS} requests that held one waited for a thread, in which "
            "their answer is validated. A longer timeout makes them fail later, and the exit of a "
            'dependency, with scope="function" too, comes after the validation.'
        )
    other = next(code for code in codes if code != "200")
    return f"Of {crowd} requests some failed: {other}."


MAKE_APP = Exercise(
    id="ch02-ex4",
    title="Sixty guests and five printers",
    objectives=("load", "request", "factory"),
    answers=("make_app",),
    promises={
        "served": "all sixty requests are answered",
        "printers": "with the five connections of the given engine",
        "contract": "the response model stands, in the answer and in the schema",
        "free": "no query runs on the event loop",
        "returned": "every connection goes back",
    },
    hints=(
        "Who holds a connection while waiting for a thread? Find a way in which nobody does.",
        "Either the connection goes back before the answer is validated, or no more requests than "
        "there are connections get as far as asking for one.",
        "Open the session inside the endpoint, in a `with` block, and return from outside it; or "
        "Depends(get_session, max_concurrency=5).",
    ),
    observe=observe_make_app,
    judge=judge_make_app,
)
