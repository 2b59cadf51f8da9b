"""What the other graders of the benchmark are handed has the same exercises, checks and points."""

import ast
import asyncio
import json
import sys
import types
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from course import check
from course.checking.exercise import Exercise, exercises_of
from course.checking.host import cells_of
from course.notebook import tags
from tools.answers import answer_in, known_answers, notebook_with
from tools.bench.rivals import (
    for_nbgrader,
    for_otter,
    otter_test,
    write_for_nbgrader,
    write_for_otter,
)

STEM = "ch01_event_loop"
EXERCISES = exercises_of(STEM)
RIGHT = {exercise.id: answer_in("solutions", exercise.id) for exercise in EXERCISES}
ORDER = EXERCISES[3]
WRONG = next(a.source for a in known_answers(ORDER.id) if "time.sleep" in a.words)
PARTLY_WRONG = {**RIGHT, ORDER.id: WRONG}
each_class = pytest.mark.parametrize("answers", [RIGHT, PARTLY_WRONG], ids=["right", "wrong"])
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


def answers_of(exercise: Exercise, answers: dict[str, str]) -> dict:
    """Return what the cells of an exercise define, in a notebook with these answers."""
    space: dict = {}
    for _, source in cells_of(notebook_with(STEM, answers), exercise.id):
        exec(source, space)
    return space


def our_points(exercise: Exercise, answers: dict[str, str]) -> int:
    """Return the points of our check, for one wrong answer neither all nor none."""
    space = answers_of(exercise, answers)
    verdict = asyncio.run(check(exercise.id, *(space[name] for name in exercise.answers)))
    is_wrong = exercise is ORDER and answers is PARTLY_WRONG
    assert (0 < verdict.points < verdict.of) == is_wrong
    return verdict.points


def graded_cells(notebook: dict) -> dict[str, dict]:
    cells = [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in cells}


def test_nbgrader_finds_one_answer_and_one_locked_test_for_each_exercise() -> None:
    notebook = for_nbgrader(notebook_with(STEM, RIGHT))
    cells = graded_cells(notebook)
    marked = sum("nbgrader" in cell["metadata"] for cell in notebook["cells"])
    assert len(cells) == marked == 2 * len(EXERCISES)
    for exercise in EXERCISES:
        answer, test = cells[f"answer-{exercise.id}"], cells[exercise.id]
        assert answer["source"] == RIGHT[exercise.id]
        kinds = {name: answer["metadata"]["nbgrader"][name] for name in ("solution", "grade")}
        assert kinds == {"solution": True, "grade": False}
        assert test["metadata"]["nbgrader"] == {
            "schema_version": 3, "grade_id": exercise.id, "grade": True, "locked": True,
            "solution": False, "task": False, "points": len(exercise.promises),
        }  # fmt: skip


def nbgraders_value(exercise: Exercise, answers: dict[str, str]) -> int:
    """Return the value of nbgrader's test cell, as a kernel finds it."""
    test = graded_cells(for_nbgrader(notebook_with(STEM, answers)))[exercise.id]["source"]
    before, _, last = test.rpartition("\n")
    source = f"{before}\nvalue = {last}"
    code = compile(source, "test", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    space = {**answers_of(exercise, answers), "check": check}
    asyncio.run(eval(code, space))
    return space["value"]


@each_exercise
@each_class
def test_the_value_of_nbgraders_test_is_the_points_of_our_check(
    exercise: Exercise, answers: dict[str, str]
) -> None:
    assert nbgraders_value(exercise, answers) == our_points(exercise, answers)


def test_what_an_answer_writes_to_standard_error_stays_out_of_nbgraders_test(
    capsys: pytest.CaptureFixture[str],
) -> None:
    written = RIGHT["ch01-ex2"].replace("    return", "    sys.stderr.write('!')\n    return")
    answers = {**RIGHT, "ch01-ex2": f"import sys\n{written}"}
    assert nbgraders_value(EXERCISES[1], answers) == len(EXERCISES[1].promises)
    assert capsys.readouterr().err == ""


def test_source_and_submissions_lie_where_nbgrader_looks(tmp_path: Path) -> None:
    write_for_nbgrader(tmp_path, STEM, {"ana": notebook_with(STEM, RIGHT)})
    source = json.loads((tmp_path / "source" / STEM / f"{STEM}.ipynb").read_text("utf-8"))
    handed_in = tmp_path / "submitted" / "ana" / STEM / f"{STEM}.ipynb"
    submitted = json.loads(handed_in.read_text("utf-8"))
    assert graded_cells(source).keys() == graded_cells(submitted).keys()


class Case:
    """In place of otter's decorator, which is not installed here."""

    def __init__(self, points: int) -> None:
        self.points = points

    def __call__(self, function: Callable) -> "Case":
        self.function = function
        return self


@pytest.fixture
def otter(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Counter]:
    """Return a function that grades as otter does: a point for each case that raises nothing."""
    package = types.ModuleType("otter.test_files")
    package.test_case = Case
    monkeypatch.setitem(sys.modules, "otter", types.ModuleType("otter"))
    monkeypatch.setitem(sys.modules, "otter.test_files", package)

    def grade(exercise: Exercise, answers: dict[str, str]) -> Counter:
        space, file = answers_of(exercise, answers), {}
        exec(compile(otter_test(exercise), f"{exercise.id}.py", "exec"), file)
        assert file["OK_FORMAT"] is False
        assert file["name"] == exercise.id
        score = Counter()
        for case in [each for each in file.values() if isinstance(each, Case)]:
            score["of"] += case.points
            try:
                case.function(*(space[name] for name in exercise.answers))
            except AssertionError:
                continue
            score["points"] += case.points
        return score

    return grade


@each_exercise
@each_class
def test_otters_test_gives_the_points_of_our_check(
    otter: Callable[..., Counter], exercise: Exercise, answers: dict[str, str]
) -> None:
    score = otter(exercise, answers)
    assert (score["points"], score["of"]) == (our_points(exercise, answers), len(exercise.promises))


def test_otter_runs_each_test_after_its_answer_and_none_twice(tmp_path: Path) -> None:
    notebook = for_otter(notebook_with(STEM, RIGHT))
    run = [cell["metadata"].get("otter", {}).get("tests") for cell in notebook["cells"]]
    assert [tests for tests in run if tests] == [[exercise.id] for exercise in EXERCISES]
    assert not any("check" in tags(cell) for cell in notebook["cells"])
    write_for_otter(tmp_path, STEM, {"ana": notebook_with(STEM, RIGHT)})
    assert json.loads((tmp_path / "submissions" / "ana.ipynb").read_text("utf-8")) == notebook
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        names = set(archive.namelist())
    assert names == {"otter_config.json", *(f"tests/{each.id}.py" for each in EXERCISES)}
