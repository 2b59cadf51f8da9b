"""ch04-ex5: five connections for two pages, whatever the pool would give."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import Pool, QueuePool
from sqlalchemy.util import await_, greenlet_spawn

from course.checking.attempts import attempt, attempt_sync, describe, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.patience import until_idle
from course.checks.requests import as_it_begins
from course.checks.sessions import fill
from lantern import asgi_call, lifespan
from lantern.events import listening
from lantern.theatre import Guest, Show, make_engine

MOST = 5  # connections
POOL = 20  # connections of the engine, of which others need the rest
CROWD = 12  # requests of a page at once
ROUNDS = 4  # stops of a crowd, after which it goes its own way: queries, exits, answers, queries
QUIET = 1.0  # seconds; what is to come by the clock within them, a crowd waits for
SECONDS = 8.0  # of work, for one crowd
HUNG = 60.0  # seconds; the last resort, for what blocks where nobody looks on
PAGES = ("shows", "guests")
A_WORD = "first"  # where a number is due


@dataclass(frozen=True)
class Pages:
    """Shows and guests by their ids, and those whose pages the crowd asks for."""

    shows: dict[int, str]
    guests: dict[int, str]
    asked: tuple[str, ...]

    def due(self, path: str) -> str:
        """Return what the page of this path says."""
        _, page, number = path.split("/")
        return (self.shows if page == "shows" else self.guests)[int(number)]


def draw_pages(random: Random) -> Pages:
    """Draw more shows and guests than are asked for; a page may be asked for twice."""
    ids = random.sample(range(100, 1_000), 2 * CROWD)
    shows = {one: f"L'été, soir {random.randrange(10**6)}" for one in ids[:CROWD]}
    guests = {one: f"Guest{random.randrange(10**6)}@lantern.example" for one in ids[CROWD:]}
    asked = [f"/shows/{one}" for one in random.choices(ids[:CROWD], k=CROWD)]
    asked += [f"/guests/{one}" for one in random.choices(ids[CROWD:], k=CROWD)]
    random.shuffle(asked)
    return Pages(shows, guests, tuple(asked))


class Watch:
    """Counts the connections that are out, of all pools; stops a crowd until nobody else comes.

    A crowd stops at its queries, when a connection is on its way back, and at the first byte of an
    answer. It goes on when nothing else can: who has a connection then does not depend on who was
    faster. `foreign` queries came through another pool than the one of the engine.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine.sync_engine
        self.pool = self.engine.pool
        # By their records; a connection that nobody gives back is kept, so that no garbage
        # collection can hide it.
        self.out: dict[Any, Any] = {}
        self.most = self.foreign = 0
        self.stops, self.fails = False, False
        self.held: list[asyncio.Future[None]] = []

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look on while the block runs."""
        listeners = (
            (Engine, "before_cursor_execute", self._query),
            (Pool, "checkout", self._checkout),
            (Pool, "checkin", self._checkin),
            (Pool, "reset", self._reset),
        )
        with listening(*listeners):
            yield

    def _query(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("BEGIN"):
            return
        self.foreign += connection.engine.pool is not self.engine.pool
        if self.fails:
            raise sqlite3.OperationalError("disk I/O error")
        if self.stops and connection.dialect.is_async:
            # SQLAlchemy calls this inside its greenlet, so that it may wait.
            await_(self.stop())

    def _checkout(self, connection: Any, record: Any, lent: Any) -> None:
        self.out[record] = lent
        self.most = max(self.most, len(self.out))

    def _checkin(self, connection: Any, record: Any) -> None:
        self.out.pop(record, None)

    def _reset(self, connection: Any, record: Any, state: Any) -> None:
        waits = self.stops and state.asyncio_safe and not state.terminate_only
        if waits and hasattr(connection, "driver_connection"):
            await_(self.stop())

    async def close_all(self) -> None:
        """Give back what an answer did not, while its loop is there."""
        for lent in list(self.out.values()):
            with contextlib.suppress(Exception):
                await greenlet_spawn(lent.close)
        self.out.clear()

    async def stop(self, *_: Any) -> None:
        """Wait until nobody else comes, if the crowd stops here."""
        if self.stops:
            future = asyncio.get_running_loop().create_future()
            self.held.append(future)
            await future

    @contextlib.asynccontextmanager
    async def stopping(self) -> AsyncIterator[None]:
        """Let what runs in the block come to so many stops."""
        self.stops = True
        leader = asyncio.create_task(self._lead())
        try:
            yield
        finally:
            leader.cancel()
            self.stops = False
            self._go_on()

    async def _lead(self) -> None:
        for number in range(ROUNDS):
            await until_idle(QUIET)
            self.stops = number < ROUNDS - 1
            self._go_on()

    def _go_on(self) -> None:
        held, self.held = self.held, []
        for future in held:
            if not future.done():
                future.set_result(None)

    async def crowd(self, app: Any, paths: Sequence[str]) -> dict[str, Any]:
        """Ask for all these pages at once; return how it ended, and the most connections out."""
        self.most = len(self.out)
        answers: list[list[Any]] = []

        async def ask(path: str) -> None:
            response = await asgi_call(as_it_begins(app, self.stop), "GET", path)
            error = describe(response.error) if response.error else ""
            answers.append([path, response.status, response.body.decode(errors="replace"), error])

        async def ask_all() -> None:
            async with asyncio.TaskGroup() as group:
                for path in paths:
                    group.create_task(ask(path))

        outcome = await attempt(ask_all, SECONDS)
        counts = {"most": self.most, "out": len(self.out)}
        return {**outcome.as_dict(), "answers": sorted(answers, key=str), **counts}


async def observe_capped_app(case: Pages, capped_app: Any) -> dict[str, Any]:
    """Let crowds come to both pages and to one, let requests fail; then start the app again.

    The second start is on another event loop, in a thread, as another test would make it.
    """
    engine = make_engine(pool_size=POOL, max_overflow=0)
    shows = [{"id": one, "title": name, "capacity": 120} for one, name in case.shows.items()]
    guests = [{"id": one, "email": name} for one, name in case.guests.items()]
    await fill(engine, [(Show, shows), (Guest, guests)])
    await engine.dispose()
    made = attempt_sync(lambda: capped_app(engine))
    app = made.value
    seen = {"made": made.as_dict() | {"value": type(app).__name__}}
    if made.ended != "returned" or not callable(getattr(app, "openapi", None)):
        return seen
    watch = Watch(engine)
    with watch.watching():
        seen |= await _started(watch, engine, lambda: _first_start(case, watch, app))
        # Who is stuck here has no need of a second start; nor has a second pool, which is told.
        if not watch.foreign and _is_served(seen.get("both")) and _is_served(seen["one"]):
            seen["again"] = await _elsewhere(watch, engine, lambda: _crowd_of_all(case, watch, app))
    return seen


async def _started(watch: Watch, engine: AsyncEngine, run: Any) -> dict[str, Any]:
    """Run this; its pool is given up at the end, since another loop may come next."""
    try:
        seen: dict[str, Any] = await run()
    except Exception as error:
        seen = {"failed": describe(error)}
    await watch.close_all()
    await engine.dispose()
    return seen


async def _first_start(case: Pages, watch: Watch, app: Any) -> dict[str, Any]:
    one_page = [path for path in case.asked if path.startswith("/shows")]
    async with lifespan(app):
        async with watch.stopping():
            both = await watch.crowd(app, case.asked)
        if not _is_served(both):
            return {
                "failed": "", "both": both, "pool": _size(watch), "foreign": watch.foreign,
                "given up": False,
            }  # fmt: skip
        async with watch.stopping():
            one = await watch.crowd(app, one_page)
        words = await watch.crowd(app, [f"/{page}/{A_WORD}" for page in PAGES for _ in range(MOST)])
        watch.fails = True
        failing = await watch.crowd(app, case.asked[: 2 * MOST])
        watch.fails = False
        after = await watch.crowd(app, case.asked)
        size = _size(watch)
    given_up = size == POOL and watch.engine.pool is not watch.pool
    return {
        "failed": "", "both": both, "one": one, "words": words, "failing": failing, "after": after,
        "pool": size, "foreign": watch.foreign, "given up": given_up,
    }  # fmt: skip


async def _crowd_of_all(case: Pages, watch: Watch, app: Any) -> dict[str, Any]:
    async with lifespan(app):
        return {"failed": "", "crowd": await watch.crowd(app, case.asked)}


async def _elsewhere(watch: Watch, engine: AsyncEngine, run: Any) -> dict[str, Any]:
    """Run this on an event loop of its own, in a thread."""
    here = asyncio.get_running_loop()
    seen: asyncio.Future[dict[str, Any]] = here.create_future()

    def answer(result: dict[str, Any]) -> None:
        if not seen.done():
            seen.set_result(result)

    def elsewhere() -> None:
        result = asyncio.run(_started(watch, engine, run))
        here.call_soon_threadsafe(answer, result)

    threading.Thread(target=elsewhere, daemon=True).start()
    try:
        return await asyncio.wait_for(seen, HUNG)
    except TimeoutError:
        return {"failed": "it did not end"}


def _size(watch: Watch) -> int:
    """Return how many connections the pool of the engine would give, if none were out."""
    pool: Any = watch.engine.pool
    if not isinstance(pool, QueuePool):
        return 0
    return int(pool.size() + pool._max_overflow - (pool.checkedout() - len(watch.out)))


def _is_served(crowd: dict[str, Any] | None) -> bool:
    return crowd is not None and crowd["ended"] == "returned"


def judge_capped_app(case: Pages, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_app(seen):
        yield Nothing(reason)
        return
    yield from _judge_served(case, seen)
    yield from _judge_five(seen)
    yield from _judge_pool(seen)
    if not _is_served(seen["both"]):
        for promise in ("full", "freed", "again"):
            yield Broken(promise, interruption(seen["both"], "A crowd") or "")
        return
    yield from _judge_full(seen)
    yield from _judge_freed(case, seen)
    yield from _judge_again(case, seen)


def _why_no_app(seen: dict[str, Any]) -> str | None:
    made = seen["made"]
    if reason := interruption(made, "capped_app"):
        return reason
    if "both" not in seen and "failed" not in seen:
        return f"capped_app returned {made['value']!r} instead of a FastAPI app."
    if seen["failed"]:
        return f"The start or the end of the app failed: {str(seen['failed']).rstrip('.')}."
    return None


def _judge_served(case: Pages, seen: dict[str, Any]) -> Iterator[Broken]:
    crowds = {"both": f"{2 * CROWD} requests, to both pages", "one": f"{CROWD} requests to a page"}
    for name, who in crowds.items():
        if not (crowd := seen.get(name)):
            return
        if reason := interruption(crowd, "one of them"):
            yield Broken("served", f"Of {who} at once, {reason}")
            return
        if told := _why_another(case, crowd["answers"]):
            yield Broken("served", f"Of {who} at once: {told}")
            return


def _why_another(case: Pages, answers: list[Any]) -> str | None:
    for path, status, body, error in answers:
        due = f'"{case.due(path)}"'
        if status != 200:
            because = f": {str(error).rstrip('.:')}" if error else ""
            return f"GET {path} was answered with {status}{because}; 200 is due, for each of them."
        if body != due:
            return f"GET {path} was answered with {body}; {due} is due."
    return None


def _why_worse(case: Pages, seen: dict[str, Any], crowd: dict[str, Any]) -> str | None:
    """Say what was answered wrongly here, if nothing was in the first crowd."""
    was_wrong = _why_another(case, seen["both"]["answers"])
    return None if was_wrong else _why_another(case, crowd["answers"])


def _judge_five(seen: dict[str, Any]) -> Iterator[Broken]:
    for name, who in (("both", "both pages were asked"), ("one", "one page was asked")):
        crowd = seen.get(name)
        if crowd and crowd["most"] > MOST:
            yield Broken(
                "five",
                f"When {who} at once, {crowd['most']} connections were out together; {MOST} are "
                "due. A limit counts for what shares it, and for as long as it is held: is it one "
                "object for both pages, and does the connection go back before its place does?",
            )
            return


def _judge_pool(seen: dict[str, Any]) -> Iterator[Broken]:
    if seen["foreign"]:
        yield Broken(
            "pool",
            "A query came through another engine, or another pool, than the one that capped_app "
            "was given. A second pool is more connections for the database, not fewer.",
        )
    elif seen["pool"] != POOL:
        yield Broken(
            "pool",
            f"The pool of the engine would give {POOL} connections, and now {seen['pool']}. Others "
            "use it as well: limit your pages, and leave the pool as it is.",
        )
    elif seen["given up"]:
        yield Broken(
            "pool",
            "When the app's lifespan had ended, the engine had another pool than before: it was "
            "disposed of. The engine was given to the app, and others use it as well; whoever "
            "made it ends it.",
        )


def _judge_full(seen: dict[str, Any]) -> Iterator[Broken]:
    for name, who, count in (
        ("both", "to both pages", 2 * CROWD),
        ("one", "to one page", CROWD),
    ):
        crowd = seen[name]
        if crowd["most"] < MOST:
            yield Broken(
                "full",
                f"{count} requests came {who} at once, and never more than {crowd['most']} had a "
                f"connection; {MOST} are theirs, whichever page is asked for.",
            )
            return


def _judge_freed(case: Pages, seen: dict[str, Any]) -> Iterator[Broken]:
    words = f"{2 * MOST} requests for /shows/{A_WORD} and /guests/{A_WORD}, where a number is due,"
    for name, who in (
        ("both", f"{2 * CROWD} requests"),
        ("words", words),
        ("failing", f"{2 * MOST} requests whose query failed"),
    ):
        crowd = seen[name]
        if not _is_served(crowd):
            yield Broken(
                "freed",
                f"Of {who} not all were answered: whoever came later waits for a place that was "
                f"never given back. {interruption(crowd, 'One of them')}",
            )
            return
        if crowd["out"]:
            connections = f"{crowd['out']} connection{'s were' if crowd['out'] > 1 else ' was'}"
            yield Broken("freed", f"After {who} {connections} still out.")
            return
    if told := interruption(seen["after"], "A request") or _why_worse(case, seen, seen["after"]):
        yield Broken(
            "freed",
            f"{words.rstrip(',')} and as many whose query failed had come and gone; then a crowd "
            f"was not answered any more. {told} A place has to come back on every way out.",
        )


def _judge_again(case: Pages, seen: dict[str, Any]) -> Iterator[Broken]:
    if seen["foreign"]:
        return
    again = seen.get("again") or {"failed": "it did not end"}
    told = str(again["failed"])
    if not told:
        crowd = again["crowd"]
        told = interruption(crowd, "A request") or _why_worse(case, seen, crowd) or ""
    if told:
        yield Broken(
            "again",
            "The app was started a second time, on another event loop, and a crowd came: "
            f"{told.rstrip('.')}. What waits belongs to the loop in which it first had to wait: "
            "make it anew at each start, or use what keeps one for each loop.",
        )


CAPPED_APP = Exercise(
    id="ch04-ex5",
    title="Five are yours",
    objectives=("limits", "engine"),
    answers=("capped_app",),
    promises={
        "served": "every request of a crowd is answered, with what its page says",
        "five": f"the two pages together never have more than {MOST} connections",
        "full": f"{MOST} requests work at once, whichever page is asked for",
        "pool": "through the pool of the given engine, which stays as it is",
        "freed": "every request, also one that fails, gives back its place and its connection",
        "again": "the app can be started again, on another event loop",
    },
    hints=(
        "Whoever waits for a place must not hold a connection, and whoever holds a connection must "
        "hold a place: what opens the session is where the limit belongs.",
        "`Depends(read_session, max_concurrency=5)` has its limit for itself: written twice, it is "
        "ten. Give it one name, `Db = Annotated[AsyncSession, Depends(…)]`, and let both pages use "
        "that.",
    ),
    draw=draw_pages,
    observe=observe_capped_app,
    judge=judge_capped_app,
)
