"""ch09-ex2: a pool for each process, so that all of them fit into the server."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from math import ceil
from random import Random
from typing import Any

from sqlalchemy.exc import TimeoutError as PoolIsEmpty
from sqlalchemy.pool import QueuePool

from course.checking.attempts import attempt_sync, interruption
from course.checking.exercise import Broken, Exercise, Finding

NO_LIMIT = 400  # connections; more than any setup of a case has
LEAST_LIMIT = -1  # of max_overflow: none


@dataclass(frozen=True)
class Setup:
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


def draw(random: Random) -> tuple[Setup, ...]:
    """Draw setups with a rest and without, busy and quiet ones, and some that are too small."""
    setups = []
    for rolling in (True, False):
        for is_tight in (True, False):
            wide, narrow = random.randrange(9, 13), random.randrange(2, 6)
            quiet, busy = random.randrange(6, wide - 1), narrow + random.randrange(1, 4)
            setups.append(_setup(random, wide, quiet, rolling, is_tight))
            setups.append(_setup(random, narrow, busy, rolling, is_tight))
    for usual in (8, 1):
        large = random.randrange(16, 20)
        setups.append(_setup(random, large, usual, random.random() < 0.5, True))
    setups.append(_setup(random, random.randrange(3, 9), 0, random.random() < 0.5, True))
    setups.append(_setup(random, random.randrange(101, 120), 8, random.random() < 0.5, True))
    setups.append(_setup(random, 1, 2, random.random() < 0.5, True))
    setups += (*_telling(random), *_too_small(random))
    random.shuffle(setups)
    return tuple(setups)


def _setup(random: Random, share: int, usual: int, rolling: bool, is_tight: bool) -> Setup:
    """Return a setup with this share, with a large rest if it is tight, and else with none."""
    instances, workers = random.randrange(2, 4), random.randrange(2, 5)
    processes = instances * workers * (2 if rolling else 1)
    reserved, others = random.randrange(3, 8), random.randrange(2, 7)
    free = share * processes + (processes - 1 if is_tight else 0)
    return Setup(free + reserved + others, reserved, others, instances, workers, rolling, usual)


def _telling(random: Random) -> Iterator[Setup]:
    """Yield setups of four processes that tell apart what was left out of the sum, or rounded."""
    many, few = random.sample((5, 6, 7), 2), random.sample((1, 2, 3), 2)
    for reserved, others, rest in ((many[0], few[0], 0), (few[1], many[1], 0), (1, 1, 1)):
        free = 4 * random.randrange(5, 9) + rest
        yield Setup(free + reserved + others, reserved, others, 2, 2, rolling=False, usual=3)


def _too_small(random: Random) -> Iterator[Setup]:
    """Yield setups with no connection for each process, whatever one leaves out of the sum."""
    reserved, others = random.randrange(1, 4), random.randrange(1, 4)
    instances, workers = random.randrange(3, 5), random.randrange(4, 7)
    fewer = instances * workers - random.randrange(1, 3)
    yield Setup(fewer, reserved, others, instances, workers, rolling=True, usual=2)
    for free in (0, -1):
        there = reserved + others + free
        yield Setup(there, reserved, others, instances, workers, rolling=False, usual=2)


async def observe(case: tuple[Setup, ...], pool_settings: Any) -> dict[str, Any]:
    """Ask for each setup, and open as many connections as a pool with such settings gives out."""
    seen = []
    for setup in case:
        # Beside what is returned, which may be any text.
        refused: list[bool] = []

        def ask(setup: Setup = setup, refused: list[bool] = refused) -> Any:
            try:
                return pool_settings(**asdict(setup))
            except ValueError:
                refused.append(True)
                return None

        outcome = attempt_sync(ask).as_dict()
        opened = _opened(outcome["value"])
        seen.append({**outcome, "opened": opened, "refused": bool(refused)})
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


def judge(case: tuple[Setup, ...], seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which setup gets too many connections, too few, or none that stay."""
    both = list(zip(case, seen["outcomes"], strict=True))
    pools = [(setup, outcome["opened"][0]) for setup, outcome in both if outcome["opened"]]
    pools = [(setup, most) for setup, most in pools if setup.share >= 1]
    for setup, outcome in both:
        # Whoever counts too few has none left where there is one, and is told the first of it.
        if outcome["refused"] and any(most < one.share for one, most in pools):
            continue
        yield from _judge_setup(setup, outcome, _as_if(pools))


def _judge_setup(setup: Setup, outcome: dict[str, Any], as_if: str) -> Iterator[Finding]:
    value = outcome["value"]
    there = (
        f"{setup.max_connections} connections, of which {setup.reserved} are reserved and "
        f"{setup.others} are for others; {setup.instances} instances with {setup.workers} workers"
        f"{', all replaced while they run' if setup.rolling else ', ended before new ones start'}"
    )
    if reason := interruption(outcome, "pool_settings"):
        yield Broken("none" if setup.share < 1 else "fits", f"{there}: {reason}")
    elif setup.share < 1:
        if not outcome["refused"]:
            yield Broken(
                "none",
                f"{there}: that is not one connection for each process, and it returned {value!r}. "
                "No pool fits, so raise ValueError; a `pool_size` of 0 is no limit at all.",
            )
    elif outcome["refused"]:
        yield Broken(
            "none",
            f"{there}: it raised ValueError, and each process may have {setup.share}.",
        )
    elif not _are_settings(value):
        yield Broken(
            "fits",
            f"{there}: it returned {value!r}. Return two whole numbers, `pool_size` and "
            "`max_overflow`, none of them below 0.",
        )
    else:
        yield from _judge_pool(setup, value, outcome["opened"], there, as_if)


def _judge_pool(setup: Setup, value: Any, opened: Any, there: str, as_if: str) -> Iterator[Finding]:
    most, kept = opened
    pool = f"a pool of {value[0]} and {value[1]} more"
    if most >= NO_LIMIT:
        which = "`pool_size=0`" if value[0] == 0 else "`max_overflow=-1`"
        yield Broken("fits", f"{there}: {pool} never stops. {which} means: no limit.")
    elif most > setup.share:
        yield Broken(
            "fits",
            f"{there}: {pool} for each process makes {most * setup.processes} at most, and "
            f"{setup.free} are there for them.{as_if}",
        )
    elif most < setup.share:
        yield Broken(
            "full",
            f"{there}: {pool} gives out {most} to each process, and {setup.share} would fit. "
            f"Requests wait while the server has places.{as_if}",
        )
    elif kept < min(setup.usual, setup.share):
        yield Broken(
            "kept",
            f"{there}: usually {setup.usual} are busy in a process, and {pool} keeps {kept}. "
            "The others are closed when they come back, and opened anew for the next request.",
        )


def _as_if(pools: list[tuple[Setup, int]]) -> str:
    """Say what may have been left out: each thing without which all numbers are these very ones."""
    fits = [
        words for words, share in AS_IF.items() if all(share(one) == most for one, most in pools)
    ]
    return f" Each of its numbers would fit if {', or if '.join(fits)}." if fits else ""


def _without(**changes: Any) -> Callable[[Setup], int]:
    return lambda setup: replace(setup, **changes).share


def _one_after_the_other(setup: Setup) -> int:
    return setup.free // ((setup.instances + setup.rolling) * setup.workers)


AS_IF: dict[str, Callable[[Setup], int]] = {
    "nothing were reserved": _without(reserved=0),
    "there were no others": _without(others=0),
    "nothing were reserved, and there were no others": _without(reserved=0, others=0),
    "the old processes ended before the new ones start": _without(rolling=False),
    "the old processes ran beside the new ones": _without(rolling=True),
    "one instance after the other were replaced": _one_after_the_other,
    "each instance had one worker": _without(workers=1),
    "there were one instance": _without(instances=1),
    "a rest of one half and more were one more, as for `round`": lambda setup: round(
        setup.free / setup.processes
    ),
    "any rest were one more, as for `ceil`": lambda setup: ceil(setup.free / setup.processes),
}


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
