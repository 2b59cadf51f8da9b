"""What an answer needs it may do unnoticed; what is younger than the list fails as not there."""

import errno
import itertools
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.checking.exercise import Exercise, exercises_of, stems
from course.grading import system_calls
from course.grading.grader import Grader
from course.grading.observers import LocalWorkers
from course.grading.submissions import Submission, read
from course.project import ROOT
from tools.answers import KnownAnswer, known_answers, notebook_with, reference

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these calls")

ASK = """
import ctypes, sys
from course.grading import system_calls
libc = ctypes.CDLL(None, use_errno=True)
assert system_calls.refuse_calls()
for number in map(int, sys.argv[1:]):
    libc.syscall(number, 0, 0, 0)
    print(ctypes.get_errno())
"""


@pytest.mark.skipif(system_calls.prepared() is None, reason="the list is not for this processor")
def test_a_call_is_refused_and_one_that_is_not_known_is_not_there() -> None:
    reboot = 169 if platform.machine() == "x86_64" else 142
    asked = subprocess.run(
        [sys.executable, "-c", ASK, str(reboot), "1000"], cwd=ROOT, capture_output=True,
        text=True,
    )  # fmt: skip
    assert asked.stdout.split() == [str(errno.EPERM), str(errno.ENOSYS)]


@pytest.mark.parametrize("column", range(len(system_calls.ARCHITECTURES)))
def test_no_call_has_two_rules(column: int) -> None:
    every = [
        *system_calls.ALLOWED.values(), *system_calls.ABSENT.values(),
        *(numbers for numbers, _ in system_calls.WITH_ARGUMENTS.values()),
    ]  # fmt: skip
    numbers = [numbers[column] for numbers in every if numbers[column] is not None]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) <= system_calls.YOUNGEST


@pytest.mark.slow
@pytest.mark.parametrize("stem", stems())
def test_every_right_answer_is_right_with_the_calls_that_are_allowed_and_not_worth_a_look(
    stem: str, tmp_path: Path
) -> None:
    rounds = list(itertools.zip_longest(*map(right_answers, exercises_of(stem))))

    def handed_in() -> Iterator[Submission]:
        for number, answers in enumerate(rounds):
            written = {known.exercise: known.source for known in answers if known}
            contents = json.dumps(notebook_with(stem, written)).encode()
            yield read(f"{number}/{stem}.ipynb", contents)

    workers = LocalWorkers(8, 2)
    try:
        graded = {int(one.path.split("/")[0]): one for one in
                  Grader(workers, tmp_path).grade(handed_in())}  # fmt: skip
    finally:
        workers.close()
    assert [one.unusual for one in graded.values() if one.unusual] == []
    for number, answers in enumerate(rounds):
        verdicts = {each["exercise"]: each for each in graded[number].exercises}
        for known in filter(None, answers):
            verdict = verdicts[known.exercise]
            assert verdict["state"] == known.state, (known.name, verdict)


def right_answers(exercise: Exercise) -> list[KnownAnswer]:
    name = exercise.id
    return [known for known in (reference(name), *known_answers(name)) if known.passes]
