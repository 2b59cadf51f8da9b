"""ch07-ex3: a test that fails when it leaves a connection out."""

from collections.abc import Iterable
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Unseen
from course.checks.ch07_testing.fixtures import BLUE
from course.checks.ch07_testing.nothing_left_out_seen import (
    Counter,
    draw_counter,
    observe_nothing_left_out,
)


def judge_nothing_left_out(case: Counter, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which tests were judged wrongly, and what each of them had done."""
    if reason := _why_nothing(seen):
        yield Nothing(reason)
        return
    if problem := _why_alarmed(case, seen):
        yield Broken("clean", problem)
    if problem := _why_not_told(case, seen):
        yield Broken("told", problem)
    if problem := _why_listening(seen):
        yield Broken("gone", problem)
    if _raised(seen["uses"]):  # who alarms at every test has seen nothing in those that leave one
        yield from map(Unseen, ("out", "overflow", "dropped"))
        return
    if not _raised(seen["leaves"]):
        were = "1 connection was" if case.left == 1 else f"{case.left} connections were"
        yield Broken(
            "out",
            f"A test left, and {were} still out, held by somebody: the block ended without an "
            "error. `pool.size()` is how many the pool may keep, and what is held is not garbage.",
        )
        yield from map(Unseen, ("overflow", "dropped"))  # they are harder to see
        return
    if not seen["leaves"]["asserted"]:
        yield Broken(
            "out",
            f"A test left a connection out, and the block raised {seen['leaves']['error']}. An "
            "AssertionError is due: a test that has failed, and no fixture that is broken.",
        )
    if not _raised(seen["beyond the pool"]):
        yield Broken(
            "overflow",
            f"All {case.pool} connections of the pool were in use by others, a test took one more "
            "from its overflow and left it out: the block ended without an error. Of those, the "
            "pool keeps none to count.",
        )
    if not _raised(seen["drops"]):
        yield Broken(
            "dropped",
            "A test took a connection, and let go of it without closing it: the block ended "
            "without an error. The garbage collector had taken it by then, so at the end none is "
            "out; in an app it comes at no certain time. What can see it when it is taken?",
        )


def _raised(block: dict[str, Any]) -> bool:
    return bool(block["ended"] == "raised")


def _why_nothing(seen: dict[str, Any]) -> str | None:
    first = seen["uses"]
    if first["kind"]:
        return (
            f"nothing_left_out(engine) returned {first['kind']}. It is an async generator with "
            "one `yield`, as a fixture is, or that with `@asynccontextmanager`."
        )
    for block in seen.values():
        if block["ended"] not in ("returned", "raised"):
            return interruption(block, "nothing_left_out")
    return None


def _why_alarmed(case: Counter, seen: dict[str, Any]) -> str | None:
    told = {
        "uses": f"A test used {case.at_once} connections at once and gave all of them back",
        "beside others": f"Others held {case.pool} connections from before; the test gave back all "
        "that it took",
        "elsewhere": "A test left a connection of another engine out, and none of this one's",
        "the next": "One test left a connection out, and the next one gave back all that it took",
    }
    for name, what in told.items():
        if _raised(seen[name]):
            error = seen[name]["error"].rstrip(".")
            return f"{what}: the block raised {error}. Blame who has done it, and nobody else."
    return None


def _why_not_told(case: Counter, seen: dict[str, Any]) -> str | None:
    left = {
        "fails": ("left nothing out", f"Failed: {BLUE}"),
        "fails and leaves": (f"left {case.left} out as well", f"GivenUp: {BLUE}"),
    }
    for name, (also, due) in left.items():
        block = seen[name]
        if not _raised(block):
            return (
                f"A test failed inside of the block and {also}, and its error went no further: "
                "pytest would show it green."
            )
        if block["error"] != due:
            return (
                f"A test failed and {also}, and what came out was not its own error, {due}: "
                f"{block['error'].rstrip('.')}. (`pytest.fail` raises what is no `Exception`, and "
                "so does GivenUp.)"
            )
    return None


def _why_listening(seen: dict[str, Any]) -> str | None:
    for name, block in seen.items():
        if block["listens"]:
            events = " and ".join(f"`{event}`" for event in block["listens"])
            how = "failed" if name.startswith("fails") else "passed"
            return (
                f"The block was over, of a test that {how} by itself, and what you had put on "
                f"{events} still listened. The engine calls it for every test that follows, and "
                "what it keeps is kept. Who takes it away, also when the test fails?"
            )
    return None


NOTHING_LEFT_OUT = Exercise(
    id="ch07-ex3",
    title="Nothing is left out",
    objectives=("leak",),
    answers=("nothing_left_out",),
    promises={
        "out": "a test that leaves a connection out fails",
        "overflow": "so does one that leaves out a connection beyond the pool's size",
        "dropped": "so does one that lets go of a connection without closing it",
        "clean": "a test that gives back what it took passes, whatever others hold, or left before",
        "told": "the error of a test that fails reaches whoever runs it",
        "gone": "when the block is over nothing of it listens to the engine, pass or fail",
    },
    hints=(
        "`pool.checkedout()` counts those beyond the pool's size as well, and what others hold: "
        "compare two moments. What was dropped and collected it does not count any more.",
        "The engine tells of each connection that is taken, by the event `engine_connect`. Whoever "
        "keeps it can ask it at the end whether it is `closed`, and keeps the garbage collector "
        "from it.",
    ),
    draw=draw_counter,
    observe=observe_nothing_left_out,
    judge=judge_nothing_left_out,
)
