"""ch07-ex1: sessions that commit, and a test that leaves nothing behind."""

from collections.abc import Iterable
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing
from course.checks.ch07_testing.fixtures import BLUE
from course.checks.ch07_testing.rehearsals import (
    PLANS,
    Ledger,
    Notes,
    Rehearsal,
    draw_ledger,
    fails,
    gives_up,
    looks,
    observe_session_factory,
    opens_two,
    sells,
    undoes,
)


def judge_session_factory(case: Ledger, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which promises were not kept, and what was observed."""
    if reason := _why_nothing(seen):
        yield Nothing(reason)
        return
    sale, undone = seen["a sale first"][0], seen["a rollback"][0]
    lost = _why_lost(case, sale)
    problems = (
        ("seen", _why_not_seen(case, sale)),
        ("kept", lost or _why_lost_at_once(case, sale, undone)),
        ("undone", _why_not_undone(case, undone, lost is None)),
        ("own", _why_not_its_own(seen["two at once"][0])),
        ("clean", _why_not_clean(case, seen, lost is None)),
        ("back", _why_not_back(seen)),
        ("told", _why_not_told(seen)),
    )
    for promise, problem in problems:
        if problem:
            yield Broken(promise, problem)


def _why_nothing(seen: dict[str, Any]) -> str | None:
    first = seen["a look first"][0]
    if "kind" in first:
        return (
            f"session_factory(engine) returned {first['kind']}. It is an async generator with one "
            "`yield`, as a fixture is, or that with `@asynccontextmanager`."
        )
    if "given" in first:
        return (
            f"What it yielded is of the type {first['given']}, and cannot be called. Tests and "
            "app want a factory: `async with Session() as session`."
        )
    return interruption(first["outcome"], "A test that looks what is there and deletes an order")


def _why_not_seen(case: Ledger, sale: Notes) -> str | None:
    if "committed" in sale and case.new[0] in sale["committed"]:
        return None
    if "committed" not in sale:
        return interruption(sale["outcome"], "A test that stores an order")
    return (
        "One session of the test committed an order, and the next session did not see it. Both "
        "have to be on the one connection whose transaction is rolled back in the end, and a "
        "commit has to end the session's own part of it."
    )


def _why_lost(case: Ledger, sale: Notes) -> str | None:
    if case.new[0] not in sale.get("committed", ()):
        return None  # there was nothing to lose
    if "refused" not in sale:
        return interruption(sale["outcome"], "A test in which a second order is refused")
    if case.new[0] in sale["refused"]:
        return interruption(sale["outcome"], "A test that goes on after a rollback")
    leaked = [key for key in sale["stored"]["orders"] if key in case.new]
    then = (
        f" What it committed after that was committed for good: {len(leaked)} row leaked."
        if leaked
        else ""
    )
    mine = [key for key in sale["refused"] if key in case.new]
    return (
        "An order was committed, a second one refused, and the app's rollback took the first one "
        f"back as well: it then saw {len(mine)} rows of its own.{then} How does a session join a "
        "transaction that others have begun?"
    )


def _why_lost_at_once(case: Ledger, sale: Notes, undone: Notes) -> str | None:
    if case.new[0] not in sale.get("committed", ()) or case.new[1] in undone.get(
        "undone", case.new
    ):
        return None
    return (
        "A session committed an order, went on and rolled back, and the order was gone: what was "
        "committed is to stay, whatever the same session does after it."
    )


def _why_not_undone(case: Ledger, undone: Notes, kept: bool) -> str | None:
    if "undone" not in undone:
        reason = interruption(undone["outcome"], "A test that rolls back and goes on")
        return reason if kept else None
    if {case.new[0], case.new[2]} & set(undone["undone"]):
        return (
            "A session flushed an order and rolled it back, stored another one, and both were "
            "there: the app's rollback has to take back what is not committed, in a test as well."
        )
    if kept and case.new[2] in undone.get("left", ()):
        return (
            "A session flushed an order and was closed without a commit, and the order was there: "
            "an app that forgets to commit would pass its tests."
        )
    return None


def _why_not_its_own(two: Notes) -> str | None:
    if not two.get("same"):
        return None
    return (
        "Called twice, the factory gave the same session both times. Two requests have a session "
        "each; a test that lends them one hides what they do not share."
    )


def _why_not_clean(case: Ledger, seen: dict[str, Any], kept: bool) -> str | None:
    there = list(case.there)
    for name, (first, second) in seen.items():
        # What leaks after a rollback that ended everything has been told.
        unsafe = () if kept else (sells, undoes)
        if PLANS[name][0] in unsafe:
            continue
        for number, test in enumerate((first, second)):
            if PLANS[name][number] in unsafe:
                continue
            if told := _why_changed(there, test["stored"]["orders"]):
                return f"After {_word(name, number)} {told}"
            if test["stored"]["guests"] != ["mara@lantern.example"]:
                return f"After {_word(name, number)} a guest was there who had not been there."
            if test["stored"]["shows"] != [0]:
                return f"After {_word(name, number)} what was `sold` had changed."
        found = second.get("found")
        if found is None:
            return interruption(second["outcome"], f"The test after {_word(name, 0)}")
        if told := _why_changed(there, found):
            return f"The test after {_word(name, 0)} found that {told}"
    return None


def _word(name: str, number: int) -> str:
    words: dict[Rehearsal, str] = {
        sells: "a test that sells",
        looks: "a test that deletes an order, adds a guest and counts a seat",
        undoes: "a test that rolls back",
        opens_two: "a test that reads and meets an error",
        fails: "a test that fails",
        gives_up: "a test that ends by what is no `Exception`, as `pytest.fail` and `pytest.skip` "
        "raise it,",
    }
    return words[PLANS[name][number]]


def _why_changed(there: list[str], found: list[str]) -> str | None:
    more, gone = set(found) - set(there), set(there) - set(found)
    rows = "1 row" if len(more or gone) == 1 else f"{len(more or gone)} rows"
    if more:
        return f"{rows} leaked into the database: the next test would find what this one stored."
    if gone:
        return f"{rows} of those that had been there before any test were gone."
    return None


def _why_not_back(seen: dict[str, Any]) -> str | None:
    for name, tests in seen.items():
        for number, test in enumerate(tests):
            if test["out"]:
                was = "1 connection was" if test["out"] == 1 else f"{test['out']} connections were"
                return (
                    f"After {_word(name, number)} {was} still out of the engine's pool. Whatever "
                    "gives it back must also run when the test fails."
                )
    return None


def _why_not_told(seen: dict[str, Any]) -> str | None:
    due = {"a failure": f"Failed: {BLUE}", "two at once": f"LookupError: {BLUE}",
           "an end": f"GivenUp: {BLUE}"}  # fmt: skip
    for name, error in due.items():
        outcome = seen[name][0]["outcome"]
        if outcome["ended"] == "returned":
            return (
                f"After {_word(name, 0)} nothing was told: its error went no further, and pytest "
                "would show it green."
            )
        if outcome["ended"] == "raised" and outcome["error"] != error:
            return (
                f"A test failed with its own error, {error}, and what came out was another one: "
                f"{outcome['error'].rstrip('.')}. Whoever reads the report looks for the wrong one."
            )
    return None


SESSION_FACTORY = Exercise(
    id="ch07-ex1",
    title="A stage that is struck by itself",
    objectives=("isolate",),
    answers=("session_factory",),
    promises={
        "seen": "what one session commits, the next session of the same test sees",
        "kept": "an app that is refused something and rolls back loses nothing it had committed",
        "undone": "what a session rolls back, or leaves without a commit, is gone in the test too",
        "own": "each call of the factory is a session of its own",
        "clean": "the next test finds what the first one found, in either order, and after a "
        "failure too",
        "back": "after each test the connection is back in the pool",
        "told": "the error of a test that fails reaches whoever runs it",
    },
    hints=(
        "One connection, one transaction on it that the fixture rolls back, and a factory whose "
        "sessions are bound to that connection.",
        "What a session's commit and rollback do to a transaction that it did not begin is said by "
        '`join_transaction_mode`. With "create_savepoint" they end a savepoint of its own.',
    ),
    draw=draw_ledger,
    observe=observe_session_factory,
    judge=judge_session_factory,
    own_connections=True,
    elsewhere=Elsewhere(observe_session_factory, "in these tests"),
)
