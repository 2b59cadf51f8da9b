"""No judge raises, whatever an answer returned, and none takes what was seen of another case."""

import asyncio
import contextlib
import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from course.checking.exercise import Exercise, every_exercise
from course.checking.observation import Seen
from course.checking.supervisor import judged
from course.checks.ch03_async_sessionmaker import dashboard_seen, show_detail_seen
from tools.answers import imports_in, reference

EXERCISES = {exercise.id: exercise for _, exercise in every_exercise()}
ROUNDS = 600
SEED = 1
ENDS = ["returned", "raised", "timed out", "stuck", "not async", "not sync", "exited"]
# What some checks make of what an answer returned, before they judge it.
MADE_OF_IT = {"ch03-ex1": show_detail_seen._read, "ch03-ex2": dashboard_seen._pairs}
WORDS = ["", "raised", "returned", "timed out", "stuck", "not async", "exited", "hung", "FastAPI",
         "Show", "<ellipsis>", "TypeError: 'int' object is not iterable", "offer from south", "200",
         "CancelledError", "<a coroutine that nobody awaited>", "None", "12"]  # fmt: skip


def some_json(chance: random.Random, depth: int = 0) -> Any:
    """Return a value of any kind that JSON has."""
    kind = chance.randrange(5 if depth > 2 else 8)
    match kind:
        case 0:
            return None
        case 1:
            return chance.choice([True, False])
        case 2:
            return chance.choice([0, 1, -1, 5, 20, 10**30, 404])
        case 3:
            return chance.choice([0.5, -1.5, 1e300, float("nan"), float("inf")])
        case 4:
            return chance.choice(WORDS)
        case 5 | 6:
            return [some_json(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(WORDS): some_json(chance, depth + 1) for _ in range(chance.randrange(4))}


def places(seen: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value in an observation."""
    if above:
        yield above
    items = (
        seen.items()
        if isinstance(seen, dict)
        else enumerate(seen)
        if isinstance(seen, list)
        else ()
    )
    for name, value in items:
        yield from places(value, (*above, name))


def changed(seen: Any, way: tuple[Any, ...], value: Any) -> Any:
    """Return an observation with another value in one place; it shares all other places."""
    if not way:
        return value
    name, *rest = way
    copied = copy.copy(seen)
    copied[name] = changed(seen[name], tuple(rest), value)
    return copied


def returned(seen: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the ways to what an answer returned, and to how it ended."""
    of_answers = {"value", "said", "ended", "error"}
    return [way for way in places(seen) if way[-1] in of_answers or is_a_body(way)]


def is_a_body(way: tuple[Any, ...]) -> bool:
    """Tell whether a way leads to what an app answered."""
    return way[-2:] == ("alone", 1) or (way[-3:-2] == ("bodies",) and way[-1] == 1)


def outcome(chance: random.Random, exercise: str, way: tuple[Any, ...]) -> Any:
    """Return something that an answer may come to, in the place to which a way leads."""
    if way[-1] in ("ended", "error"):
        return chance.choice(ENDS if way[-1] == "ended" else WORDS)
    return MADE_OF_IT.get(exercise, lambda value: value)(some_json(chance))


@pytest.fixture(scope="module", params=EXERCISES)
def observed(request: pytest.FixtureRequest) -> tuple[Exercise, dict[str, Any]]:
    """An exercise, and what is observed of the course's own answer."""
    exercise = EXERCISES[request.param]
    space: dict[str, Any] = {"__name__": "__main__"}
    source = f"{imports_in('solutions', exercise.id)}\n{reference(exercise.id).source}"
    exec(compile(source, "answer", "exec"), space)
    answers = [space[name] for name in exercise.answers]
    return exercise, asyncio.run(exercise.observed(SEED, *answers))


def test_no_judge_raises_for_anything_that_an_answer_returns(
    observed: tuple[Exercise, dict[str, Any]],
) -> None:
    exercise, seen = observed
    chance = random.Random(f"judges {exercise.id}")
    own = returned(seen)
    assert own
    for _ in range(ROUNDS):
        mutated = seen
        for way in chance.sample(own, chance.randint(1, len(own))):
            # What is within another value goes with it.
            with contextlib.suppress(TypeError, KeyError, IndexError):
                mutated = changed(mutated, way, outcome(chance, exercise.id, way))
        exercise.verdict(mutated, SEED)


def test_what_was_recorded_on_another_case_is_worth_nothing(
    observed: tuple[Exercise, dict[str, Any]],
) -> None:
    exercise, seen = observed
    assert judged(exercise, Seen(seen, SEED), SEED).passed
    recorded = judged(exercise, Seen(seen, SEED), SEED + 1)
    assert recorded.points == 0
    assert "not observed on the case that was drawn" in recorded.messages[0]


def test_whatever_a_process_says_it_saw_there_is_a_verdict_in_words(
    observed: tuple[Exercise, dict[str, Any]],
) -> None:
    exercise, seen = observed
    chance = random.Random(f"anything {exercise.id}")
    every = list(places(seen))
    for _ in range(ROUNDS):
        verdict = judged(
            exercise, Seen(changed(seen, chance.choice(every), some_json(chance)), SEED), SEED
        )
        assert all(isinstance(text, str) for text in (*verdict.messages, *verdict.kept))
