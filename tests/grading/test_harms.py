"""No answer harms another, the machine, or who grades: as an ordinary user, and as root."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from course.checking.exercise import RIGHT
from course.project import ROOT
from tests.grading.harms import HARMS, TOKEN
from tests.grading.users import ORDINARY, WHOEVER, become

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux", reason="elsewhere what is handed in here would not be shut in"
    ),
]


@pytest.fixture(scope="module", params=[WHOEVER, ORDINARY])
def graded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What became of all harms, graded as a class."""
    prefix = become(request.param)
    folder = tmp_path_factory.mktemp("harms")
    run = subprocess.run(
        [*prefix, sys.executable, "-m", "tests.grading.harms", str(folder / "results.json")],
        cwd=ROOT, env={**os.environ, "TMPDIR": str(folder)}, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    told: dict[str, Any] = json.loads((folder / "results.json").read_text())
    assert bool(told["user"]) == bool(prefix or os.getuid())
    return told


@pytest.mark.parametrize("harm", HARMS)
def test_what_would_harm_gets_its_own_outcome(graded: dict[str, Any], harm: str) -> None:
    due = HARMS[harm]
    [verdict] = [one for one in graded["results"][harm] if one["exercise"] == due.exercise]
    assert verdict["state"] == due.state, verdict
    assert due.message in " ".join(verdict["messages"])
    assert TOKEN not in json.dumps(verdict)


def test_the_answers_of_others_keep_their_points(graded: dict[str, Any]) -> None:
    others = [
        one["state"]
        for harm, exercises in graded["results"].items()
        for one in exercises
        if one["exercise"] != HARMS[harm].exercise
    ]
    assert set(others) == {RIGHT}


def test_a_file_beside_the_answers_is_as_it_was(graded: dict[str, Any]) -> None:
    assert graded["victim is as it was"]


def test_nothing_of_an_answer_is_left(graded: dict[str, Any]) -> None:
    assert graded["left"] == []
