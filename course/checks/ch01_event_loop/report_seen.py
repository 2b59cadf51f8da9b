"""What is seen of a report that is asked for while somebody looks at the loop, for ch01-ex2."""

import asyncio
import itertools
import sys
import threading
import time
from dataclasses import dataclass
from random import Random
from types import CodeType
from typing import Any

from course.checking.attempts import attempt, is_between_tasks
from course.checking.sealed import sealed
from lantern.pulse import CAN_OBSERVE, Gap, heartbeat
from lantern.recording import FROZEN

FIRST_ERRORS = 2  # whoever freezes the loop takes long at each
# Seconds: of right answers, at a load of 15 on two cores, a fifth of it was seen at the first call,
# which imports, and a sixtieth later.
LONG = 0.3
LOOK = 0.01  # seconds between two looks at the loop's thread, while a report is built elsewhere
LOOKS, FEW_LOOKS = 40, 5  # so long a report takes; few where the loop has been frozen already
MOST_HELD = LOOKS / 2  # looks; and the loop, for as long as they take
ERRORS = (
    FileNotFoundError, PermissionError, IsADirectoryError, ValueError, LookupError, ArithmeticError
)  # fmt: skip
MONTHS = ("january", "march", "april", "june", "august", "october")


@dataclass(frozen=True)
class Case:
    """The paths of three months, what stands in a report, and what broken ones raise."""

    path: str
    other: str
    broken: str
    sold: int
    errors: tuple[type[Exception], ...]

    @property
    def at_once(self) -> tuple[str, str, str]:
        """The paths of the three reports that are asked for at once."""
        return (self.path, self.other, self.path)


def draw_report_async(random: Random) -> Case:
    months = random.sample(MONTHS, 3)
    path, other, broken = (
        f"./{month.title()}-{random.randint(2019, 2026)}.csv" for month in months
    )
    errors = random.sample(ERRORS, len(ERRORS))
    return Case(path, other, broken, random.randint(1000, 9999), tuple(errors))


class Archive:
    """Where reports are built; each is another one, since the sales go on meanwhile."""

    def __init__(self, sold: int) -> None:
        self.sold = sold
        self.built: list[str] = []
        self.lock = threading.Lock()

    def build_report(self, path: str) -> str:
        """Build the next report of a path."""
        with self.lock:
            report = f"{path}: {self.sold + len(self.built)} seats sold\n"
            self.built.append(report)
        time.sleep(0.005)
        return report


async def observe_report_async(case: Case, report_async: Any) -> dict[str, Any]:
    """Ask for broken reports, one while somebody looks at the loop, three at once, an empty one."""
    # These come first: what is imported at a first call is no freeze of the report.
    failed: list[dict[str, Any]] = []
    await _fail(case, report_async, failed, 1)
    at_first = failed[0]["frozen"] > LONG
    if not at_first:
        await _fail(case, report_async, failed, FIRST_ERRORS)
    watched = await _watched(case, report_async, FEW_LOOKS if at_first else LOOKS)
    frozen = frozen_when(watched) and watched["elsewhere"] and failed[-1]["frozen"] <= FROZEN
    if (at_first or frozen) and not (CAN_OBSERVE and _longest(watched) > LONG):
        # What the answer does comes again; what the machine did, or an import, hardly ever.
        watched = await _watched(case, report_async, LOOKS)
    seen = {"failed": failed, **watched}
    if seen["report"]["ended"] == "returned" and not frozen_when(seen):
        archive = Archive(case.sold)
        outcome = await attempt(lambda: _three_at_once(case, report_async, archive))
        seen |= {"at once": outcome.as_dict(), "built at once": archive.built}
        await _fail(case, report_async, failed, len(case.errors))
        empty = await attempt(lambda: report_async(case.other, lambda path: ""))
        seen["empty"] = empty.as_dict()
    return seen


def _longest(watched: dict[str, Any]) -> float:
    return max(itertools.chain(*watched["frozen"].values()), default=0.0)


async def _three_at_once(case: Case, report_async: Any, archive: Archive) -> list[Any]:
    build_report = sealed(archive.build_report)
    return await asyncio.gather(*(report_async(path, build_report) for path in case.at_once))


async def _watched(case: Case, report_async: Any, looks: int) -> dict[str, Any]:
    """Ask for a report under a heartbeat; of `frozen`, the seconds before, during and after."""
    here, calls, elsewhere, held = threading.current_thread(), [], False, 0
    archive, began, ended = Archive(case.sold), float("inf"), float("inf")

    def build_report(path: str) -> str:
        nonlocal elsewhere, began, ended, held
        calls.append(path)
        elsewhere = threading.current_thread() is not here
        began = time.perf_counter()
        if elsewhere and CAN_OBSERVE:
            held = _looks_at(here, looks)
        else:
            time.sleep(looks * LOOK)
        ended = time.perf_counter()
        return archive.build_report(path)

    async with heartbeat() as pulse:
        outcome = await attempt(lambda: report_async(case.path, sealed(build_report)))
    return {
        "report": outcome.as_dict(),
        "calls": calls,
        "frozen": _by_time(pulse.gaps, began, ended),
        "elsewhere": elsewhere,
        "held": held,
    }


def _looks_at(loops_thread: threading.Thread, looks: int) -> int:
    """Build for a while; return at how many of the looks meanwhile the loop's thread was held.

    A machine may be so busy that a heartbeat cannot tell a short sleep from a wait for a processor.
    Where a thread stands does not depend on that: a loop that is free waits for its next event,
    and is hardly ever met twice at one place of a task.
    """
    held, before = 0, None
    for _ in range(looks):
        time.sleep(LOOK)
        place = _place_in_a_task(loops_thread)
        held += place is not None and place == before
        before = place
    return held


def _place_in_a_task(thread: threading.Thread) -> tuple[CodeType, int] | None:
    """Return where a loop's thread stands; None where the loop itself waits or turns."""
    frame = sys._current_frames().get(thread.ident or 0)
    return (frame.f_code, frame.f_lasti) if frame and not is_between_tasks(frame) else None


def _by_time(gaps: list[Gap], began: float, ended: float) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"before": [], "during": [], "after": []}
    for gap in gaps:
        middle = (gap.start + gap.end) / 2
        name = "before" if middle < began else "during" if middle < ended else "after"
        found[name].append(gap.frozen)
    return found


async def _fail(case: Case, report_async: Any, failed: list[dict[str, Any]], number: int) -> None:
    """Ask for broken reports, until so many errors have been raised or one has not come out."""
    for error in case.errors[len(failed) : number]:
        if failed and not came_out(case, case.errors[len(failed) - 1], failed[-1]):
            return
        failed.append(await _failed(case, error, report_async))


async def _failed(case: Case, error: type[Exception], report_async: Any) -> dict[str, Any]:
    burnt: list[str] = []

    def burn(path: str) -> str:
        if burnt:
            return f"{path}: out of the ashes\n"
        burnt.append(path)
        raise error(f"the ledger {path} is burnt")

    async with heartbeat() as pulse:
        outcome = await attempt(lambda: report_async(case.broken, burn))
    frozen = max((gap.frozen for gap in pulse.gaps), default=0.0)
    return {**outcome.as_dict(), "frozen": frozen}


def frozen_when(seen: dict[str, Any]) -> list[str]:
    """Return when the loop was frozen: once for long, or for most of the building."""
    when = [name for name, seconds in seen["frozen"].items() if max(seconds, default=0) > FROZEN]
    in_pieces = sum(seen["frozen"]["during"]) > MOST_HELD * LOOK or seen["held"] > MOST_HELD
    here = bool(seen["calls"]) and not seen["elsewhere"]  # on the loop's own thread
    return sorted({*when, "during"}) if in_pieces or here else when


def came_out(case: Case, error: type[Exception], failed: dict[str, Any]) -> bool:
    """Tell whether the caller of a broken report heard of its error, as it was raised."""
    return all(word in failed["error"] for word in (error.__name__, case.broken))
