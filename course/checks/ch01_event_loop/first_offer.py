"""ch01-ex3: the first offer wins."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from course.checking.attempts import attempt, describe, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Star
from course.checking.patience import until_idle
from course.checks.ch01_event_loop.loop_turns import turns

DEADLINE = 60.0  # seconds; longer than the check's patience, so that nobody wins by waiting
SHORT = 0.05


class Agency:
    """Suppliers that wait until they are told, and need a moment to put things away."""

    def __init__(self, winner: str = "", fails: str = "") -> None:
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.ended: list[str] = []
        self.winner, self.fails = winner, fails
        self.suppliers = [self._supplier(name) for name in ("north", "south", "west")]

    def _supplier(self, name: str) -> Callable[[], Awaitable[str]]:
        async def offer() -> str:
            self.started.append(name)
            try:
                if name == self.fails:
                    raise ConnectionError(f"nobody there in the {name}")
                if name == self.winner:
                    await turns()
                    return f"offer from {name}"
                await asyncio.get_running_loop().create_future()
                return ""
            except asyncio.CancelledError:
                self.cancelled.append(name)
                raise
            finally:
                # Putting things away takes one turn of the loop: a cancel that nobody awaits
                # has not happened yet when its caller goes on. AnyIO cancels this turn as well.
                try:
                    await asyncio.sleep(0)
                finally:
                    self.ended.append(name)

        return offer

    def report(self) -> dict[str, int]:
        """Return how many started, still work and were cancelled, at this moment."""
        return {
            "started": len(self.started),
            "working": len(self.started) - len(self.ended),
            "cancelled": len(self.cancelled),
        }


async def observe_first_offer(case: None, first_offer: Any) -> dict[str, Any]:
    """One supplier answers; nobody answers before the deadline; the caller hangs up."""
    won, at_return, later = await _raced(first_offer, Agency(winner="south"), DEADLINE)
    late, late_return, late_later = await _raced(first_offer, Agency(), SHORT)
    one_fails, _, _ = await _raced(first_offer, Agency("south", fails="north"), DEADLINE)
    return {
        "won": won,
        "at return": at_return,
        "later": later,
        "late": late,
        "late at return": late_return,
        "late later": late_later,
        "hung up": await _hang_up(first_offer),
        "one fails": one_fails,
    }


async def _raced(
    first_offer: Any, agency: "Agency", deadline: float
) -> tuple[dict[str, Any], dict[str, int], dict[str, int]]:
    """Return how it ended, and the agency at that very moment and after some turns of the loop."""
    at_end: dict[str, int] = {}
    outcome = await attempt(
        lambda: first_offer(agency.suppliers, deadline),
        at_end=lambda: at_end.update(agency.report()),
    )
    await turns()
    return outcome.as_dict(), at_end or agency.report(), agency.report()


async def _hang_up(first_offer: Any) -> dict[str, Any]:
    agency = Agency()
    ending: list[str] = []

    async def caller() -> None:
        try:
            await first_offer(agency.suppliers, DEADLINE)
            ending.append("returned")
        except BaseException as error:
            ending.append(describe(error))
            raise

    task = asyncio.ensure_future(caller())
    await turns()
    task.cancel()
    await until_idle(1.0)
    report = agency.report()
    return {"ending": ending[0] if ending else "went on", "working": report["working"]}


def judge_first_offer(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    won, late = seen["won"], seen["late"]
    if (reason := interruption(won, "first_offer")) and not seen["at return"]["started"]:
        yield Nothing(reason)
        return
    if won["ended"] == "timed out":
        waited = (
            "One supplier had answered at once, and first_offer went on waiting for the others."
        )
        if seen["at return"]["started"] < len(Agency().suppliers):
            waited = (
                f"Only {seen['at return']['started']} of 3 suppliers had been called: the second "
                "one would have answered at once. Call them all, then wait for the first."
            )
        yield Broken("winner", waited)
    elif reason:
        yield Broken("winner", reason)
    elif won["value"] != "offer from south":
        yield Broken(
            "winner",
            f"The supplier in the south answered first; first_offer returned {won['value']!r}.",
        )
    if late["ended"] != "returned" or late["value"] is not None:
        reason = interruption(late, "first_offer") or f"first_offer returned {late['value']!r}."
        if late["ended"] == "timed out":
            reason = f"The deadline was {SHORT} s, and first_offer waited on."
        if not late["error"] or late["error"] != won["error"]:
            reason = f"Nobody answered before the deadline, so None is due. {reason}"
        yield Broken("deadline", reason)
    yield from _judge_losers(seen)
    hung_up = seen["hung up"]
    if "CancelledError" not in hung_up["ending"]:
        yield Broken(
            "hang-up",
            f"The caller was cancelled, and first_offer {hung_up['ending']}: it swallowed its own "
            "cancellation. CancelledError is a BaseException for this reason; let it through.",
        )
    elif hung_up["working"]:
        yield Broken(
            "hang-up",
            f"The caller was cancelled, and {_suppliers(hung_up['working'])} worked on for nobody. "
            "A finally block runs in this case too: cancel and collect all of them there.",
        )
    if seen["one fails"]["value"] == "offer from south":
        yield Star("One supplier failed at once, and the race went on without it.")


def _judge_losers(seen: dict[str, Any]) -> Iterable[Broken]:
    for outcome, report, later in (
        (seen["won"], seen["at return"], seen["later"]),
        (seen["late"], seen["late at return"], seen["late later"]),
    ):
        if not (working := report["working"]):
            continue
        left = f"{_suppliers(working)} {'was' if working == 1 else 'were'} still"
        if outcome["error"] == "CancelledError":
            yield Broken("losers", f"{left} on the line when CancelledError came out.")
        elif later["working"]:
            yield Broken(
                "losers",
                f"{left} working after first_offer returned, and nobody had told them to stop. "
                "Waiting for one task leaves the others running: cancel them, then await them.",
            )
        else:
            yield Broken(
                "losers",
                f"{left} putting things away when first_offer returned. "
                "cancel() only asks; the task ends at its next step. Await it after cancelling.",
            )
        return


def _suppliers(count: int) -> str:
    return "1 supplier" if count == 1 else f"{count} suppliers"


FIRST_OFFER = Exercise(
    id="ch01-ex3",
    title="The first offer wins",
    objectives=("crowd",),
    answers=("first_offer",),
    promises={
        "winner": "the first offer is returned as soon as it is there",
        "losers": "the other suppliers have stopped before first_offer returns",
        "deadline": "without an offer before the deadline, None is returned",
        "hang-up": "when the caller is cancelled, everything stops",
    },
    hints=(
        "Make a task of each supplier, and wait for the first one that is done.",
        "asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED) returns "
        "(done, pending) and stops nobody.",
        "In a finally block: cancel every task, then await them all with "
        "asyncio.gather(*tasks, return_exceptions=True). finally also runs when you are cancelled.",
    ),
    observe=observe_first_offer,
    judge=judge_first_offer,
)
