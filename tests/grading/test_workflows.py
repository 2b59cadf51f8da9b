"""The workflow templates for learners' repositories do what they say."""

import os
import shlex
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from course.cli import app
from tests.grading.test_grading import hand_in, rows_of

TEMPLATES = Path(__file__).resolve().parents[2] / "course" / "grading" / "workflows"


def commands(template: Path) -> list[str]:
    """Return the lines that a template has run."""
    content = yaml.safe_load(template.read_text(encoding="utf-8"))
    job = content["jobs"]["grade"] if "jobs" in content else content["grade"]
    steps = job.get("script") or [step.get("run", "") for step in job["steps"]]
    return [line for step in steps for line in step.splitlines()]


@pytest.mark.parametrize("template", sorted(TEMPLATES.iterdir()), ids=lambda path: path.stem)
def test_its_command_grades_the_repository_of_a_learner(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, course = tmp_path / "submission", tmp_path / "course"
    course.mkdir()
    hand_in(repository, "work")
    variables = {"LEARNER": "ana", "GITLAB_USER_LOGIN": "ana", "CI_PROJECT_DIR": str(repository)}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    [command] = [line for line in commands(template) if "course grade" in line]
    python, *arguments = shlex.split(os.path.expandvars(command))
    assert [python, *arguments[:2]] == ["python", "-m", "course"]
    monkeypatch.chdir(course)
    run = CliRunner().invoke(app, arguments[2:], catch_exceptions=False)
    assert run.exit_code == 0, run.output
    [results] = {path.parent for path in tmp_path.rglob("grades.csv")}
    assert {row["learner"] for row in rows_of(results)} == {"ana"}
