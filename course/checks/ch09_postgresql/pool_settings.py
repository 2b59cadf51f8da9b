"""ch09-ex2: a pool for each process, so that all of them fit into the server."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

from sqlalchemy.exc import TimeoutError as PoolIsEmpty
from sqlalchemy.pool import QueuePool

from course.checking.attempts import attempt_sync, interruption
from course.checking.exercise import Broken, Exercise, Finding

REFUSED = "<ValueError>"
NO_LIMIT = 400  # connections; more than any house of a case has
LEAST_LIMIT = -1  # of max_overflow: none


@dataclass(frozen=True)
class House:
    """A server, and the app that asks it; the answer is given these, by their names."""

    max_connections: int
    reserved: int
    others: int
    instances: int
    workers: int
    rolling: bool
    usual: int

    @property
    def free(self) -> int:
        """Connections that are there for the app."""
        return self.max_connections - self.reserved - self.others

    @property
    def processes(self) -> int:
        """Processes that there are at the same time, at most."""
        return self.instances * self.workers * (2 if self.rolling else 1)

    @property
    def share(self) -> int:
        """Connections that each process may have."""
        return self.free // self.processes


def draw(random: Random) -> tuple[House, ...]:
    """Draw houses with a rest and without, busy and quiet ones, and two that are too small."""
    houses = []
    for rolling in (True, False):
        for is_tight in (True, False):
            wide, narrow = random.randrange(9, 13), random.randrange(2, 6)
            quiet, busy = random.randrange(6, wide - 1), narrow + random.randrange(1, 4)
            houses.append(_house(random, wide, quiet, rolling, is_tight))
            houses.append(_house(random, narrow, busy, rolling, is_tight))
    houses.append(_house(random, random.randrange(16, 20), 8, random.random() < 0.5, True))
    houses.append(_house(random, random.randrange(3, 9), 0, random.random() < 0.5, True))
    houses += _too_small(random)
    random.shuffle(houses)
    return tuple(houses)


def _house(random: Random, share: int, usual: int, rolling: bool, is_tight: bool) -> House:
    """Return a house with this share, with a large rest if it is tight, and else with none."""
    instances, workers = random.randrange(2, 4), random.randrange(2, 5)
    processes = instances * workers * (2 if rolling else 1)
    reserved, others = random.randrange(3, 8), random.randrange(2, 7)
    free = share * processes + (processes - 1 if is_tight else 0)
    return House(free + reserved + others, reserved, others, instances, workers, rolling, usual)


def _too_small(random: Random) -> Iterator[House]:
    """Yield two houses with no connection for each process, whatever one leaves out of the sum."""
    reserved, others = random.randrange(1, 4), random.randrange(1, 4)
    instances, workers = random.randrange(3, 5), random.randrange(4, 7)
    fewer = instances * workers - random.randrange(1, 3)
    yield House(fewer, reserved, others, instances, workers, rolling=True, usual=2)
    yield House(reserved + others, reserved, others, instances, workers, rolling=False, usual=2)


async def observe(case: tuple[House, ...], pool_settings: Any) -> dict[str, Any]:
    """Ask for each house, and open as many connections as a pool with such settings gives out."""
    seen = []
    for house in case:

        def ask(house: House = house) -> Any:
            try:
                return pool_settings(**asdict(house))
            except ValueError:
                return REFUSED

        outcome = attempt_sync(ask).as_dict()
        seen.append(outcome | {"opened": _opened(outcome["value"])})
    return {"outcomes": seen}


class _Connection:
    """What a pool may open: it belongs to no server."""

    def close(self) -> None:
        """Close nothing."""


def _opened(settings: Any) -> tuple[int, int] | None:
    """Return how many connections a pool gives out at once, and how many of these it keeps."""
    if not _are_settings(settings):
        return None
    pool_size, max_overflow = settings
    pool = QueuePool(
        _Connection,  # type: ignore[arg-type]  # all that a pool asks of it is to be closed
        pool_size=pool_size, max_overflow=max_overflow, timeout=0, reset_on_return=None,
    )  # fmt: skip
    out: list[Any] = []
    try:
        while len(out) < NO_LIMIT:
            out.append(pool.connect())
    except PoolIsEmpty:
        pass
    most = len(out)
    while out:
        out.pop().close()
    return most, pool.checkedin()


def _are_settings(value: Any) -> bool:
    """Tell whether it is a pool_size and a max_overflow as QueuePool takes them."""
    numbers = isinstance(value, list) and len(value) == 2 and all(type(n) is int for n in value)
    return numbers and value[0] >= 0 and value[1] >= LEAST_LIMIT


def judge(case: tuple[House, ...], seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which house gets too many connections, too few, or none that stay."""
    for house, outcome in zip(case, seen["outcomes"], strict=True):
        yield from _judge_house(house, outcome)


def _judge_house(house: House, outcome: dict[str, Any]) -> Iterator[Finding]:
    value = outcome["value"]
    there = (
        f"{house.max_connections} connections, of which {house.reserved} are reserved and "
        f"{house.others} are for others; {house.instances} instances with {house.workers} workers"
        f"{', replaced while they run' if house.rolling else ', ended before new ones start'}"
    )
    if reason := interruption(outcome, "pool_settings"):
        yield Broken("none" if house.share < 1 else "fits", f"{there}: {reason}")
    elif house.share < 1:
        if value != REFUSED:
            yield Broken(
                "none",
                f"{there}: that is not one connection for each process, and it returned {value!r}. "
                "No pool fits, so raise ValueError; a `pool_size` of 0 is no limit at all.",
            )
    elif value == REFUSED:
        yield Broken(
            "none",
            f"{there}: it raised ValueError, and each process may have {house.share}.",
        )
    elif not _are_settings(value):
        yield Broken(
            "fits",
            f"{there}: it returned {value!r}. Return two whole numbers, `pool_size` and "
            "`max_overflow`, none of them below 0.",
        )
    else:
        yield from _judge_pool(house, value, outcome["opened"], there)


def _judge_pool(house: House, value: Any, opened: Any, there: str) -> Iterator[Finding]:
    most, kept = opened
    pool = f"a pool of {value[0]} and {value[1]} more"
    if most >= NO_LIMIT:
        which = "`pool_size=0`" if value[0] == 0 else "`max_overflow=-1`"
        yield Broken("fits", f"{there}: {pool} never stops. {which} means: no limit.")
    elif most > house.share:
        yield Broken(
            "fits",
            f"{there}: {pool} for each process makes {most * house.processes} at most, and "
            f"{house.free} are there for them.{_as_if(house, most)}",
        )
    elif most < house.share:
        yield Broken(
            "full",
            f"{there}: {pool} gives out {most} to each process, and {house.share} would fit. "
            f"Requests wait while the server has places.{_as_if(house, most)}",
        )
    elif kept < min(house.usual, house.share):
        yield Broken(
            "kept",
            f"{there}: usually {house.usual} are busy in a process, and {pool} keeps {kept}. "
            "The others are closed when they come back, and opened anew for the next request.",
        )


def _as_if(house: House, most: int) -> str:
    """Say what may have been left out: each thing without which it is this very number."""
    left_out = {
        "nothing were reserved": replace(house, reserved=0),
        "there were no others": replace(house, others=0),
        "the old processes ended before the new ones start": replace(house, rolling=False),
        "the old processes ran beside the new ones": replace(house, rolling=True),
        "each instance had one worker": replace(house, workers=1),
        "there were one instance": replace(house, instances=1),
    }
    fits = [words for words, other in left_out.items() if other != house and other.share == most]
    return f" It is the number that would fit if {', or if '.join(fits)}." if fits else ""


POOL_SETTINGS = Exercise(
    id="ch09-ex2",
    title="How large a pool?",
    objectives=("most",),
    answers=("pool_settings",),
    promises={
        "fits": "the pools of all processes fit into what the server has for them",
        "full": "no connection is left out that each process could have",
        "kept": "the connections that are usually busy are kept open",
        "none": "where there is not one connection for each process, ValueError says so",
    },
    hints=(
        "Begin at the server: what is left when the reserve and the others have theirs? Then count "
        "the processes that there are at the same time, in the worst minute of a deployment.",
        "Each process may have `left // processes`, as `pool_size + max_overflow`. The pool keeps "
        "`pool_size` of them, so let that be what is usually busy, if so many fit.",
        "QueuePool takes `pool_size=0` and `max_overflow=-1` for no limit. Can either come out?",
    ),
    draw=draw,
    observe=observe,
    judge=judge,
)
