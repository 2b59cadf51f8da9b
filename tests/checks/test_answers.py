"""Every right answer passes, every wrong one is told which mistake it is, whatever the exercise."""

import pytest

from course.checking.exercise import NOT_ATTEMPTED, RIGHT, WRONG, every_exercise
from tests.checks.judging import judged
from tools.answers import KnownAnswer, answer_in, every_answer, imports_in, reference

EXERCISES = [exercise.id for _, exercise in every_exercise()]


@pytest.mark.parametrize("answer", list(every_answer()), ids=lambda a: f"{a.exercise}-{a.name}")
def test_a_known_answer_gets_its_state_and_its_words(answer: KnownAnswer) -> None:
    before = imports_in("solutions", answer.exercise) if answer.name == "reference" else ""
    verdict = judged(answer.exercise, f"{before}\n{answer.source}")
    assert verdict.state == answer.state, verdict
    assert answer.told in " ".join(verdict.messages), verdict
    assert (verdict.points == verdict.of) == (answer.state != WRONG)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_stub_is_not_attempted(exercise: str) -> None:
    source = f"{imports_in('exercises', exercise)}\n{answer_in('exercises', exercise)}"
    assert judged(exercise, source).state == NOT_ATTEMPTED


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_course_s_own_answer_is_among_the_known_ones(exercise: str) -> None:
    assert reference(exercise).state == RIGHT
    assert reference(exercise) in every_answer()
