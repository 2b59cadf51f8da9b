"""What is remarked of a known answer on a PostgreSQL, in the words that its file says."""

import asyncio
import os
import sys

import pytest

from course.checking.elsewhere import with_remark
from course.checking.exercise import Verdict, every_exercise
from tools.answers import KnownAnswer, every_answer
from tools.fairness import source_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no server of its own")
EXERCISES = {exercise.id: exercise for _, exercise in every_exercise() if exercise.elsewhere}
ANSWERS = [one for one in every_answer() if one.remarked and one.exercise in EXERCISES]
SEED = int(os.environ.get("LANTERN_SEED", "1"))


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: f"{answer.exercise}-{answer.name}")
def test_a_known_answer_is_remarked_as_its_file_says(answer: KnownAnswer) -> None:
    exercise, space = EXERCISES[answer.exercise], {"__name__": "__main__"}
    exec(compile(source_of(answer), "answer", "exec"), space)
    # Whether it gets this verdict is asked by test_answers.py.
    kept = tuple(set(exercise.promises) - set(answer.breaks))
    verdict = Verdict(
        exercise.id, exercise.title, answer.state, len(kept), len(exercise.promises), kept,
        broken=answer.breaks,
    )  # fmt: skip
    given = [space[name] for name in exercise.answers]
    remark = asyncio.run(with_remark(verdict, exercise, SEED, *given)).remark
    assert remark and answer.remarked in remark.text


def test_no_file_says_what_is_remarked_where_nothing_is_asked() -> None:
    said = {one.exercise for one in every_answer() if one.remarked and one.name != "reference"}
    assert said <= EXERCISES.keys()
