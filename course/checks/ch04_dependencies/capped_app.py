"""ch04-ex5: five connections for two pages, whatever the pool would give."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from course.checking.attempts import attempt_sync, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch04_dependencies.crowds import Watch
from course.checks.sessions import fill
from lantern import lifespan
from lantern.theatre import Guest, Show, make_engine

MOST = 5  # connections
POOL = 20  # connections of the engine, of which others need the rest
OTHERS = 7  # connections that the box office and the reports have meanwhile
CROWD = 12  # requests of a page at once
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
        seen |= await watch.started(lambda: _first_start(case, watch, app))
        # Who is stuck here has no need of a second start; nor has a second pool, which is told.
        if not watch.foreign and _is_served(seen.get("both")) and _is_served(seen["one"]):
            seen["again"] = await watch.started_elsewhere(lambda: _crowd_of_all(case, watch, app))
    return seen


async def _first_start(case: Pages, watch: Watch, app: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {"failed": ""}
    async with lifespan(app):
        async with watch.stopping():
            seen["both"] = await watch.crowd(app, case.asked)
        if served := _is_served(seen["both"]):
            one_page = [path for path in case.asked if path.startswith("/shows")]
            async with watch.stopping():
                seen["one"] = await watch.crowd(app, one_page)
            words = [f"/{page}/{A_WORD}" for page in PAGES for _ in range(MOST)]
            seen["words"] = await watch.crowd(app, words)
            watch.fails = True
            seen["failing"] = await watch.crowd(app, case.asked[: 2 * MOST])
            watch.fails = False
            seen["after"] = await watch.crowd(app, case.asked)
            if _is_served(seen["after"]) and watch.size == POOL:
                async with watch.lending(OTHERS), watch.stopping():
                    seen["beside"] = await watch.crowd(app, case.asked)
        seen["pool"] = watch.size
    given_up = served and seen["pool"] == POOL and watch.engine.pool is not watch.pool
    return seen | {"foreign": watch.foreign, "given up": given_up}


async def _crowd_of_all(case: Pages, watch: Watch, app: Any) -> dict[str, Any]:
    async with lifespan(app):
        return {"failed": "", "crowd": await watch.crowd(app, case.asked)}


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
            "When the app's lifespan had ended, the engine had another pool than before, as after "
            "`dispose()`. The engine was given to the app, and others use it as well; whoever made "
            "it ends it.",
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
    if not (beside := seen.get("beside")):  # what stood in its way is told
        return
    told = f"While others had {OTHERS} connections of the pool,"
    if reason := interruption(beside, "one of them"):
        yield Broken(
            "full",
            f"{told} {2 * CROWD} requests came, and {reason} What counts the connections that are "
            "out of the pool counts those of others, too.",
        )
    elif (own := beside["most"] - OTHERS) < MOST:
        yield Broken(
            "full",
            f"{told} {2 * CROWD} requests came, and never more than {own} of them had one; {MOST} "
            "are theirs, whatever others have.",
        )


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
                f"Of {who} not all were answered. Does who came later wait for a place that was "
                f"never given back? {interruption(crowd, 'One of them')}",
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
