"""Whatever a class hands in, each answer gets its own right outcome, and no other suffers."""

import sys
from pathlib import Path

import pytest

from course.checking.exercise import NOT_ATTEMPTED, RIGHT, exercises_of
from course.grading.results import Result
from course.grading.submissions import read
from tests.grading.hostile import CASES, FILES, STEM, graded, handed_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux", reason="elsewhere what is handed in here would not be shut in"
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the results go; what hostile answers reach outside of their own folder is seen here."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, Result]:
    """The result of every case, graded in one go as a class is."""
    deleted = read(f"deleted cells/{STEM}.ipynb", FILES["deleted cells"])
    return graded([*handed_in(CASES), deleted], folder)


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_answer_gets_its_own_outcome(results: dict[str, Result], case: str) -> None:
    verdicts = {each["exercise"]: each for each in results[case].exercises}
    due = CASES[case]
    verdict = verdicts[due.exercise]
    assert verdict["state"] == due.state, verdict
    assert due.message in " ".join(verdict["messages"])
    if due.state != RIGHT:
        assert verdict["points"] < verdict["of"]


@pytest.mark.parametrize("case", CASES)
def test_the_other_answers_of_its_notebook_keep_their_points(
    results: dict[str, Result], case: str
) -> None:
    others = [each for each in results[case].exercises if each["exercise"] != CASES[case].exercise]
    assert {each["state"] for each in others} == {RIGHT}


def test_on_linux_all_protection_is_on(results: dict[str, Result]) -> None:
    protection = results["os._exit"].protection
    assert "no sight of the files of others" in protection["on"]
    assert protection["off"] == []


def test_code_with_which_a_check_can_be_misled_is_pointed_out(results: dict[str, Result]) -> None:
    assert results["the check is patched"].unusual == (
        "__code__", "__code__ =", "attempt =", "course.checking.attempts",
        "course.checking.attempts.attempt =",
    )  # fmt: skip
    assert results["blocking sleep"].unusual == ()


def test_deleted_cells_are_answers_that_nobody_wrote(results: dict[str, Result]) -> None:
    states = [each["state"] for each in results["deleted cells"].exercises]
    assert states == [NOT_ATTEMPTED] * len(exercises_of(STEM))
