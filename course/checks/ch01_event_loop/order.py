"""ch01-ex4: the order of what happens on the loop."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from course.checking.attempts import plain
from course.checking.exercise import Broken, Exercise, Finding, Nothing


async def opening_night(log: Callable[[str], None]) -> None:
    """The program whose lines the learner puts in order; the notebook shows this very text."""

    async def door(place: str, minutes: float) -> None:
        log(f"{place} opens")
        await asyncio.sleep(minutes)
        log(f"{place} is seated")

    balcony = asyncio.create_task(door("balcony", 0.02))
    foyer = asyncio.create_task(door("foyer", 0.01))
    log("doors open")
    await asyncio.sleep(0)
    time.sleep(0.05)  # noqa: ASYNC251  the blocking call is the question
    log("archive read")
    await foyer
    await balcony
    log("curtain up")


async def observe_order(case: None, order: Any) -> dict[str, Any]:
    """Run the program, and keep the answer beside what it logged."""
    lines: list[str] = []
    await opening_night(lines.append)
    said = plain(order)
    if isinstance(said, list):
        # Capitals and blanks say nothing about the order.
        said = [" ".join(str(line).split()).lower() for line in said]
    return {"said": said, "true": lines}


def judge_order(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    said, true = seen["said"], seen["true"]
    if not isinstance(said, list) or sorted(map(str, said)) != sorted(true):
        yield from _judge_lines(said, true)
        return
    place = said.index
    if min(place("balcony opens"), place("foyer opens")) < place("doors open"):
        yield Broken(
            "scheduled",
            "create_task only schedules: a task takes its first step when the running code "
            "waits at an await. `doors open` is logged before that.",
        )
    elif place("archive read") < max(place("foyer opens"), place("balcony opens")):
        yield Broken(
            "scheduled",
            "`await asyncio.sleep(0)` lets every task that is ready take a step: both doors open "
            "before the archive is read.",
        )
    elif place("foyer opens") < place("balcony opens"):
        yield Broken(
            "scheduled", "Tasks take their first step in the order in which they were made."
        )
    if min(place("balcony is seated"), place("foyer is seated")) < place("archive read"):
        yield Broken(
            "blocked",
            "time.sleep held the loop: neither task could finish before the archive was read, "
            "however short its own wait.",
        )
    if place("balcony is seated") < place("foyer is seated"):
        yield Broken(
            "timers",
            "Both waits were over when the loop came back; it wakes them in the order of their "
            "times, and the foyer's 0.01 was due before the balcony's 0.02.",
        )
    if place("curtain up") != len(true) - 1:
        yield Broken(
            "awaited", "`curtain up` comes after both tasks were awaited, so it is the last line."
        )


def _judge_lines(said: list[str] | str, true: list[str]) -> Iterable[Finding]:
    if not isinstance(said, list):
        message = f"Write a list of the {len(true)} lines, as strings; this is {said}."
    elif "<ellipsis>" in said:
        message = "One line of the list is still `...`."
    elif strangers := [line for line in said if line not in true]:
        message = f"The program never logs {strangers[0]!r}."
    elif missing := [line for line in true if line not in said]:
        message = f"The program also logs {missing[0]!r}."
    else:
        message = f"Each line is logged once; your list has {len(said)} lines for {len(true)}."
    yield Nothing(message)


ORDER = Exercise(
    id="ch01-ex4",
    title="Put the evening in order",
    objectives=("order",),
    answers=("order",),
    promises={
        "scheduled": "a task starts when the one that made it waits, not where it is made",
        "blocked": "a blocking call lets nobody finish",
        "timers": "waits that are over end in the order of their times",
        "awaited": "what is awaited is over when the next line runs",
    },
    hints=(
        "Go through the program line by line and ask at each one: can the loop do anything else "
        "here? It can where an await suspends, and nowhere else.",
        "`await asyncio.sleep(0)` suspends without waiting: both tasks run up to their own sleep.",
        "During time.sleep nothing runs. When it is over, both timers are due.",
    ),
    observe=observe_order,
    judge=judge_order,
)
