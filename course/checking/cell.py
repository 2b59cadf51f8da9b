"""Check an answer from a notebook cell: `await check("ch01-ex2", report_async)`."""

from pathlib import Path
from typing import Any

from course.checking import progress
from course.checking.exercise import Verdict, find, new_seed
from course.checking.untouched import is_untouched
from course.workspace import WORKSPACE


async def check(name: str, *answers: Any, seed: int | None = None) -> Verdict:
    """Observe and judge an answer; in the workspace the verdict is kept as progress.

    Each run draws a new case; `seed`, which a message names, brings back an earlier one.
    Raises UnknownExercise for a name that no exercise has, and TypeError when the number of
    answers is not the one that the exercise asks for.
    """
    _, exercise = find(name)
    if len(answers) != len(exercise.answers):
        names = ", ".join(exercise.answers)
        raise TypeError(f'Write: await check("{name}", {names})')
    if any(is_untouched(answer) for answer in answers):
        verdict = exercise.not_attempted()
    else:
        seed = new_seed() if seed is None else seed
        verdict = exercise.verdict(await exercise.observed(seed, *answers), seed)
        if exercise.is_asked_elsewhere(verdict):
            from course.checking.elsewhere import with_remark  # a browser has no such module

            verdict = await with_remark(verdict, exercise, seed, *answers)
    if Path.cwd().is_relative_to(WORKSPACE):
        progress.record(verdict)
    return verdict


def hint(name: str, number: int = 1) -> str:
    """Return hint `number` (from 1) of an exercise; the last one stays the last."""
    _, exercise = find(name)
    chosen = exercise.hints[min(max(number, 1), len(exercise.hints)) - 1]
    return f"Hint {min(max(number, 1), len(exercise.hints))} of {len(exercise.hints)}: {chosen}"
