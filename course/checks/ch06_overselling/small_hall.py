"""ch06-ex6: what must hold, said in code, and an order of steps in which it does not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from course.checking.attempts import attempt, interruption
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Unseen
from course.checks.sessions import close_all, fill, kept_factories, patience_with
from lantern import DoesNotFit, first_line, replay
from lantern.steps import BEGIN
from lantern.theatre import Base, Guest, Order, Show, Ticket, make_engine

Factory = async_sessionmaker[AsyncSession]
SMALL_HALL = 5
# Shows in an evening, each by its places, what `sold` says, and the tickets of each of its orders.
Evening = tuple[tuple[int, int, tuple[int, ...]], ...]


# What the exercise gives; a test compares them.
async def buy_one(Session: Factory) -> str:
    async with Session.begin() as session:
        room = update(Show).where(Show.id == 1, Show.sold < Show.capacity)
        taken = await session.execute(room.values(sold=Show.sold + 1))
        if taken.rowcount == 0:  # type: ignore[attr-defined]
            return "sold out"
        session.add(Order(show_id=1, guest_id=1, total_cents=0, tickets=[Ticket()]))
    return "sold"


async def move(Session: Factory) -> str:
    async with Session() as session:
        show = await session.get_one(Show, 1)
    if show.sold > SMALL_HALL:
        return "too many"
    async with Session.begin() as session:
        await session.execute(update(Show).where(Show.id == 1).values(capacity=SMALL_HALL))
    return "moved"


@dataclass(frozen=True)
class Evenings:
    """Evenings on which everybody sits, and evenings on which somebody stands, in some order."""

    right: tuple[Evening, ...]
    wrong: tuple[Evening, ...]


def draw_evenings(random: Random) -> Evenings:
    """Draw shows with orders of several tickets, and counters that say more, or less, than is.

    Each wrong evening has one show too full, now the first and now the last, and over all shows
    there are fewer tickets than places.
    """
    few, many = random.randint(3, 5), random.randint(8, 12)
    full, large, empty = (few, few, (few - 1, 1)), (many, 1, (1,)), (few, 0, ())
    too_proud = (few, few + 2, (1, 1))
    secretly_over = (few, few - 1, (few - 2, 2, 1))
    over = (few, few + 1, (2, few - 1))
    return Evenings(
        right=((full, large), (large, too_proud, full), (empty,), ()),
        wrong=((secretly_over, large), (large, full, secretly_over), (large, over)),
    )


async def observe_small_hall(case: Evenings, everybody_sits: Any, schedule: Any) -> dict[str, Any]:
    """Ask the invariant on every evening, and bring the order about that the schedule names."""
    return {
        "right": [await _asked(evening, everybody_sits) for evening in case.right],
        "wrong": [await _asked(evening, everybody_sits) for evening in case.wrong],
        "schedule": await _replayed(schedule),
    }


async def observe_small_hall_elsewhere(
    case: Evenings, everybody_sits: Any, schedule: Any, url: str
) -> dict[str, Any]:
    """Ask the invariant on a PostgreSQL, and bring the order about there that it is on SQLite."""
    here = await _replayed(schedule)
    there = here.get("on postgresql")
    return {
        "right": [await _asked(evening, everybody_sits, url) for evening in case.right],
        "wrong": [await _asked(evening, everybody_sits, url) for evening in case.wrong],
        **({"schedule": await _replayed(there, url)} if there else {}),
    }


async def _asked(evening: Evening, everybody_sits: Any, url: str = "") -> dict[str, Any]:
    engine = make_engine(url or None)
    session, _ = kept_factories(engine)
    try:
        await _fill(engine, evening)
        asked = await attempt(lambda: everybody_sits(session), patience_with(engine))
        return asked.as_dict()
    finally:
        await close_all(session)
        await engine.dispose()


async def _fill(engine: AsyncEngine, evening: Evening) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    shows: list[dict[str, Any]] = []
    orders: list[dict[str, Any]] = []
    tickets: list[dict[str, Any]] = []
    for number, (capacity, sold, of_orders) in enumerate(evening, 1):
        about = {"id": number, "title": f"evening {number}", "capacity": capacity, "sold": sold}
        shows.append(about)
        for count in of_orders:
            order = 100 * number + len(orders)
            orders.append({"id": order, "show_id": number, "guest_id": 1, "total_cents": 0})
            tickets += [{"order_id": order}] * count
    guest = {"id": 1, "email": "mara@lantern.example"}
    await fill(engine, [(Guest, [guest]), (Show, shows), (Order, orders), (Ticket, tickets)])


async def _replayed(schedule: Any, url: str = "") -> dict[str, Any]:
    """Return what became of the schedule: the steps, what both were told, and the end.

    `on postgresql` is the same order there, where a BEGIN is no step.
    """
    if not isinstance(schedule, str):
        return {"not a text": type(schedule).__name__}
    engine = make_engine(url or None)
    session, _ = kept_factories(engine)
    seen: dict[str, Any] = {}

    async def before() -> None:
        await _fill(engine, ((SMALL_HALL + 1, SMALL_HALL, (SMALL_HALL,)),))

    async def look(_: Any) -> None:
        async with session() as reader:
            show = await reader.get_one(Show, 1)
            seen["end"] = [show.sold, show.capacity]

    tasks = (lambda: buy_one(session), lambda: move(session))
    try:
        order = await replay(schedule, engine, *tasks, before=before, invariant=look)
        told = [first_line(one) if isinstance(one, Exception) else one for one in order.outcomes]
        there = "".join(step.task for step in order.steps if step.kind != BEGIN)
        return seen | {"told": told, "schedule": order.schedule, "on postgresql": there}
    except DoesNotFit as error:
        return {"does not fit": str(error)}
    finally:
        await close_all(session)
        await engine.dispose()


def judge_small_hall(case: Evenings, seen: dict[str, Any]) -> Iterable[Finding]:
    outcomes = [*seen["right"], *seen["wrong"]]
    for outcome in outcomes:
        if outcome["ended"] != "raised" and (reason := interruption(outcome, "everybody_sits")):
            yield Nothing(reason)
            return
    yield from _judge_silent(case, seen["right"])
    yield from _judge_alarm(case, seen["wrong"])
    if "schedule" in seen:
        yield from _judge_schedule(seen["schedule"])
    else:
        yield Unseen("schedule")


def _says_no(outcome: dict[str, Any]) -> bool:
    """Tell whether an invariant did not hold, as the explorer asks it: an assert, or False."""
    return bool(outcome["error"].startswith("AssertionError") or outcome["value"] is False)


def _judge_silent(case: Evenings, outcomes: list[dict[str, Any]]) -> Iterator[Broken]:
    for evening, outcome in zip(case.right, outcomes, strict=True):
        if _says_no(outcome) or outcome["ended"] == "raised":
            said = outcome["error"] or "it returned False"
            yield Broken(
                "silent", f"{_told(evening)} Everybody sits, and everybody_sits says {said}."
            )
            return


def _judge_alarm(case: Evenings, outcomes: list[dict[str, Any]]) -> Iterator[Broken]:
    for evening, outcome in zip(case.wrong, outcomes, strict=True):
        if not _says_no(outcome):
            said = outcome["error"] or f"it returned {outcome['value']!r}"
            yield Broken(
                "alarm",
                f"{_told(evening)} Somebody has a ticket and no place, and everybody_sits does not "
                f"say so with an assert: {said}.",
            )
            return


def _told(evening: Evening) -> str:
    """Tell an evening's shows in words."""
    shows = [
        f"show {number} has {capacity} places, tickets by order {list(orders)}, and `sold` says "
        f"{sold}"
        for number, (capacity, sold, orders) in enumerate(evening, 1)
    ]
    return f"{'; '.join(shows).capitalize() or 'There is no show'}."


def _judge_schedule(seen: dict[str, Any]) -> Iterator[Broken]:
    if "not a text" in seen:
        told = f"schedule is a {seen['not a text']}, and not letters, A for buy_one and B for move."
    elif "does not fit" in seen:
        told = f"This schedule cannot be followed: {seen['does not fit']}."
    elif seen["end"][0] > seen["end"][1]:
        return
    else:
        sold, capacity = seen["end"]
        buyer, mover = seen["told"]
        told = (
            f"In this order all is well: buy_one came to *{buyer}*, move to *{mover}*, and there "
            f"are {sold} tickets for {capacity} places. With what was missing at its end the "
            f"order is {seen['schedule']}."
        )
    yield Broken("schedule", told)


SMALL_HALL_EXERCISE = Exercise(
    id="ch06-ex6",
    title="The small hall",
    objectives=("proof", "orders"),
    answers=("everybody_sits", "schedule"),
    promises={
        "silent": "where every show has a place for each ticket, the invariant is silent",
        "alarm": "where some show has more tickets than places, it raises an AssertionError, "
        "whatever `sold` says",
        "schedule": "the schedule brings about an evening on which somebody stands",
    },
    hints=(
        "Let `walk` take a few steps, look at what both have in hand, and add a letter.",
        "What `move` has seen must be out of date when it writes: which of its two blocks has to "
        "come before the guest's COMMIT, and which after?",
        "Count the tickets of each show over its orders, and compare with its `capacity`. For the "
        "schedule: B looks to the end of its first block, then A goes to its end, then B.",
    ),
    draw=draw_evenings,
    observe=observe_small_hall,
    judge=judge_small_hall,
    elsewhere=Elsewhere(observe_small_hall_elsewhere, "on these evenings and in this order"),
)
