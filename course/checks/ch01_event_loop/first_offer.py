"""ch01-ex3: the first offer wins."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from course.checking.attempts import attempt, describe, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Star
from course.checks.ch01_event_loop.agency import Agency
from course.checks.ch01_event_loop.loop_turns import turns

LONG = 60.0  # seconds; longer than the check's patience, so that nobody wins by waiting for it
AFTER_THE_DEADLINE = 0.04  # seconds; an answer that keeps to its deadline has returned by then
# Seconds: a supplier fails before the deadline. One that begins anew with each wait is
# over only after the late offer.
FAILS_AFTER, OF_SOME_LENGTH = 0.3, 0.5
PUTTING_AWAY = 0.15  # seconds that one supplier needs; who waits a moment for him does not wait
NAMES = ("north", "south", "east", "west", "harbour", "island")


@dataclass(frozen=True)
class Case:
    """Who is called, in order, who answers first, who at the same moment, and who fails.

    Two lines of the list are one supplier's. `many` is another list, whose last one answers.
    `second` has an offer when he is told to stop, too. One first answer comes after `seconds`, by
    the loop's clock; `deadline` is the one that passes without an answer.
    """

    suppliers: tuple[str, ...]
    many: tuple[str, ...]
    winner: str
    second: str
    fails: str
    seconds: float
    deadline: float


def draw_first_offer(random: Random) -> Case:
    """Draw suppliers of whom the first in the list never wins."""
    suppliers = random.sample(NAMES, random.randint(3, 5))
    first, winner, second = suppliers[0], *random.sample(suppliers[1:], 2)
    suppliers.insert(random.randint(1, len(suppliers)), first)
    return Case(
        tuple(suppliers),
        tuple(f"{name} {number}" for number in range(1, random.randint(4, 6)) for name in NAMES),
        winner,
        second,
        fails=random.choice([name for name in suppliers if name != winner]),
        seconds=random.uniform(20, 40),
        deadline=random.choice((0.02, 0.03, 0.04)),
    )


async def observe_first_offer(case: Case, first_offer: Any) -> dict[str, Any]:
    """An offer soon, one later, two at once, one too late, and a caller who hangs up."""
    names, winner, second = case.suppliers, case.winner, case.second
    soon = Agency(names, (winner,), stubborn=second, putting_away=PUTTING_AWAY)
    too_late = Agency(names, (winner,), case.deadline + AFTER_THE_DEADLINE)
    seen = {
        "won": await _raced(first_offer, soon, LONG),
        "late": await _raced(first_offer, too_late, case.deadline),
        "hung up": await _hung_up(first_offer, Agency(names)),
    }
    if seen["won"]["outcome"]["ended"] == "returned":
        failing = Agency(names, (winner,), fails=case.fails)
        later = Agency(names, (winner,), passing=case.seconds)
        seen |= {
            "later": await _raced(first_offer, later, LONG),
            "many": await _raced(first_offer, Agency(case.many, case.many[-1:]), LONG),
            "empty": await _raced(first_offer, Agency(names, (winner,), empty=True), LONG),
            "both": await _raced(first_offer, Agency(names, (winner, second)), LONG),
            "one fails": await _raced(first_offer, failing, LONG),
        }
        if _survives(case, seen):
            at = OF_SOME_LENGTH + AFTER_THE_DEADLINE
            agency = Agency(names, (winner,), at, fails=case.fails, fails_after=FAILS_AFTER)
            seen["one fails late"] = await _raced(first_offer, agency, OF_SOME_LENGTH)
    return seen


def _survives(case: Case, seen: dict[str, Any]) -> bool:
    return "one fails" in seen and seen["one fails"]["outcome"]["value"] == _offer(case.winner)


async def _raced(first_offer: Any, agency: Agency, deadline: float) -> dict[str, Any]:
    """Return how it ended, and what the agency saw up to that very moment."""
    answering = asyncio.create_task(agency.answer())
    outcome = await attempt(lambda: first_offer(agency.suppliers, deadline), at_end=agency.note_end)
    answering.cancel()
    return {"outcome": outcome.as_dict(), **await agency.report()}


async def _hung_up(first_offer: Any, agency: Agency) -> dict[str, Any]:
    """Cancel the caller while all suppliers work; return what came out, and what still worked."""
    ending: list[str] = []

    async def call() -> None:
        try:
            await first_offer(agency.suppliers, LONG)
            ending.append("returned")
        except BaseException as error:
            ending.append(f"raised {describe(error)}")
            raise
        finally:
            agency.note_end()

    async def hang_up() -> None:
        caller = asyncio.ensure_future(call())
        await turns()
        caller.cancel()
        await asyncio.wait({caller})
        caller.cancelled() or caller.exception()  # so that nobody prints it later

    await attempt(hang_up)
    return {"ending": ending[0] if ending else "went on", **await agency.report()}


def judge_first_offer(case: Case, seen: dict[str, Any]) -> Iterable[Finding]:
    reason = interruption(seen["won"]["outcome"], "first_offer")
    if reason and not seen["won"]["started"]:
        yield Nothing(reason)
        return
    yield from _judge_winner(case, seen)
    yield from _judge_deadline(case, seen)
    for name in ("won", "later", "both", "late"):
        if name in seen:
            yield from _judge_losers(seen[name], _of_two_lines(case, seen[name]))
    yield from _judge_hang_up(seen["hung up"], _of_two_lines(case, seen["hung up"]))
    if _survives(case, seen):
        yield Star("One supplier failed at once, and the race went on without it.")


def _offer(name: str) -> str:
    return f"offer from {name}"


def _judge_winner(case: Case, seen: dict[str, Any]) -> Iterator[Broken]:
    count = len(case.many)
    situations: tuple[tuple[str, list[str], str], ...] = (
        ("won", [case.winner], f"The supplier {case.winner} answered at once"),
        (
            "later",
            [case.winner],
            f"The supplier {case.winner} answered after {case.seconds:.0f} s, in time for a "
            f"deadline of {LONG:.0f} s",
        ),
        (
            "many",
            [case.many[-1]],
            f"Of {count} suppliers the last one, {case.many[-1]}, answered at once",
        ),
        ("empty", [], f"The supplier {case.winner} offered '', a text without a sign, at once"),
        (
            "both",
            [case.winner, case.second],
            f"The suppliers {case.winner} and {case.second} answered in the same moment",
        ),
    )
    for name, winners, what in situations:
        if name not in seen:
            return
        run, outcome = seen[name], seen[name]["outcome"]
        if outcome["ended"] == "timed out":
            number = count if name == "many" else len(case.suppliers)
            yield Broken("winner", _why_it_waits(number, run, what))
        elif reason := interruption(outcome, "first_offer"):
            yield Broken("winner", f"{what}. {reason}")
        elif outcome["value"] not in ([*map(_offer, winners)] or [""]):
            told = f"{what}; first_offer returned {outcome['value']!r}."
            if name == "won" and outcome["value"] == _offer(case.second):
                told += f" The supplier {case.second} had no offer until he was told to stop."
            yield Broken("winner", told)


def _why_it_waits(number: int, run: dict[str, Any], what: str) -> str:
    if run["started"] < number:
        return (
            f"Only {run['started']} of {number} suppliers had been called, and "
            "first_offer waited for them. Call them all, then wait for the first."
        )
    return f"{what}, and first_offer went on waiting."


def _judge_deadline(case: Case, seen: dict[str, Any]) -> Iterator[Broken]:
    late, won = seen["late"]["outcome"], seen["won"]["outcome"]
    if late["ended"] == "returned" and late["value"] is None:
        if "one fails late" in seen:
            yield from _judge_longer_deadline(case, seen["one fails late"]["outcome"])
        return
    if late["error"] and late["error"] == won["error"]:
        # Not a matter of the deadline: the same comes out when an offer comes in time.
        yield Broken("deadline", interruption(late, "first_offer") or late["error"])
    elif late["ended"] == "timed out" or late["value"] == _offer(case.winner):
        after = (
            f"returned an offer that came {AFTER_THE_DEADLINE} s after it"
            if late["ended"] == "returned"
            else "waited on"
        )
        yield Broken(
            "deadline",
            f"The deadline was {case.deadline} s, and first_offer {after}. None is due as soon as "
            "the deadline is over.",
        )
    else:
        reason = interruption(late, "first_offer") or f"first_offer returned {late['value']!r}."
        yield Broken("deadline", f"Nobody answered before the deadline, so None is due. {reason}")


def _judge_longer_deadline(case: Case, outcome: dict[str, Any]) -> Iterator[Broken]:
    if outcome["value"] == _offer(case.winner):
        yield Broken(
            "deadline",
            f"One supplier failed after {FAILS_AFTER} s, and an offer came {AFTER_THE_DEADLINE} s "
            f"after the deadline of {OF_SOME_LENGTH} s: first_offer returned it. The deadline "
            "counts from the call; a further wait has only what is left of it.",
        )


def _of_two_lines(case: Case, run: dict[str, Any]) -> str:
    """Return words for the one supplier who was left alone, if the list has him twice."""
    names = run["untold"]
    if len(names) != 1 or case.suppliers.count(names[0]) < 2:
        return ""
    return f" The supplier {names[0]} stands twice in the list: is one of his calls forgotten?"


def _judge_losers(run: dict[str, Any], of_two_lines: str) -> Iterator[Broken]:
    if not run["left"]:
        return
    left = f"{_suppliers(run['left'])} {'was' if run['left'] == 1 else 'were'} still"
    ended = "returned" if run["outcome"]["ended"] == "returned" else "had ended with an error"
    if run["untold"]:
        yield Broken(
            "losers",
            f"{left} working when first_offer {ended}, and nobody had told "
            f"{'all of them' if len(run['untold']) < run['left'] else 'them'} to stop."
            + (of_two_lines or _LEFT_RUNNING),
        )
    else:
        yield Broken(
            "losers",
            f"{left} putting things away when first_offer {ended}. cancel() only asks: a task ends "
            "when its `finally` block has run. Await it after cancelling.",
        )


_COLLECT_ALL = " A finally block runs in this case too: cancel and collect all of them there."
_LEFT_RUNNING = " Waiting for one task leaves the others running: cancel them, then await them."


def _judge_hang_up(run: dict[str, Any], of_two_lines: str) -> Iterator[Broken]:
    if run["ending"] == "went on":
        yield Broken(
            "hang-up",
            "The caller was cancelled, and first_offer went on. CancelledError must come out.",
        )
    elif "CancelledError" not in run["ending"]:
        yield Broken(
            "hang-up",
            f"The caller was cancelled, and first_offer {run['ending']}, so its caller does not "
            "learn that it is cancelled. Let the CancelledError through.",
        )
    elif run["untold"]:
        yield Broken(
            "hang-up",
            f"The caller was cancelled, and {_suppliers(len(run['untold']))} worked on for nobody."
            + (of_two_lines or _COLLECT_ALL),
        )
    elif run["left"]:
        yield Broken(
            "hang-up",
            f"The caller was cancelled, and {_suppliers(run['left'])} had been told to stop "
            "and had not stopped when first_offer ended. Await all of them after cancelling.",
        )


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
        "(done, pending) and stops nobody, not even when its caller is cancelled.",
        "Cancel every task in a finally block, and await them all there with "
        "asyncio.gather(*tasks, return_exceptions=True); or make them in a TaskGroup, which waits "
        "for what you cancelled. Both also happen when you are cancelled.",
    ),
    draw=draw_first_offer,
    observe=observe_first_offer,
    judge=judge_first_offer,
)
