"""Every right answer passes, every wrong one is told which mistake it is, whatever the exercise."""

import gc
import os

import pytest

from course.checking.exercise import NOT_ATTEMPTED, every_exercise
from tools.answers import KnownAnswer, answer_in, every_answer, imports_in, known_answers
from tools.fairness import FEWEST, alone, differences, judged, source_of

pytestmark = pytest.mark.slow
EXERCISES = [exercise for _, exercise in every_exercise()]
ANSWERS = list(every_answer())
SEED = int(os.environ.get("LANTERN_SEED", "1"))
by_id = {exercise.id: exercise for exercise in EXERCISES}


@pytest.fixture(autouse=True)
def swept() -> None:
    """Let a check that collects garbage look at what is its own, and not at all that came before.

    FastAPI and SQLAlchemy remember functions and statements; of a thousand answers these are a
    million objects, and one look at them takes half a second.
    """
    gc.collect()
    gc.freeze()


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: f"{answer.exercise}-{answer.name}")
def test_a_known_answer_gets_the_verdict_that_its_file_says(answer: KnownAnswer) -> None:
    verdict = judged(by_id[answer.exercise], source_of(answer), SEED)
    assert list(differences(answer, verdict)) == []


@pytest.mark.parametrize("name", by_id)
def test_the_stub_is_not_attempted(name: str) -> None:
    source = f"{imports_in('exercises', name)}\n{answer_in('exercises', name)}"
    assert judged(by_id[name], source, SEED).state == NOT_ATTEMPTED


@pytest.mark.parametrize("name", by_id)
def test_each_promise_has_two_wrong_answers_that_break_nothing_else(name: str) -> None:
    counts = alone(by_id[name], known_answers(name))
    assert [promise for promise, count in counts.items() if count < FEWEST] == []
