"""`pytest --lantern` in a project that knows nothing of it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from course.project import ROOT

PLANTED = Path(__file__).with_name("planted")
EXPECTED = re.compile(r"# finds: (.+)")


def project(folder, app):
    """Make a project of its own with one of the planted apps."""
    shutil.copy(PLANTED / "models.py", folder)
    shutil.copy(PLANTED / "every_route.py", folder / "test_every_route.py")
    shutil.copy(PLANTED / f"{app}.py", folder / "app.py")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n", "utf-8")


def ask(folder, *options):
    """Run the project's tests with the plugin, as somebody would."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "lantern.plugin.entry",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*command, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )


def told(folder, *options):
    """Run them, and return what was found: how often each kind at each line of the app."""
    ran = ask(folder, "--lantern", "--lantern-sarif=found.json", *options)
    assert ran.returncode == 0, ran.stdout
    results = json.loads((folder / "found.json").read_text("utf-8"))["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"] for one in results]
    assert {place["artifactLocation"]["uri"] for place in places} <= {"app.py"}
    return Counter(
        (place["region"]["startLine"], one["ruleId"])
        for one, place in zip(results, places, strict=True)
    ), ran.stdout


def planted(app):
    """Return what is to be found in a planted app: the kinds and their lines."""
    lines = (PLANTED / f"{app}.py").read_text("utf-8").splitlines()
    return {
        (number, found[1])
        for number, line in enumerate(lines, 1)
        if (found := EXPECTED.search(line))
    }


@pytest.mark.parametrize("app", ["faulty_async", "faulty_sync"])
def test_each_planted_fault_is_found_at_its_line_and_nothing_else(tmp_path, app):
    project(tmp_path, app)
    found, output = told(tmp_path)
    assert {*found} == planted(app), output


@pytest.mark.parametrize("app", ["sound_async", "sound_sync"])
def test_in_code_without_a_fault_nothing_is_found(tmp_path, app):
    project(tmp_path, app)
    found, output = told(tmp_path)
    assert not found, output
    assert "Nothing was found." in output


ONE_TEST = """
import pytest
from fastapi.testclient import TestClient
from app import app, engine
from models import Base

@pytest.fixture(autouse=True)
def tables():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)

def test_late():
    assert TestClient(app).post("/late").status_code == 200

@pytest.mark.lantern_allow("lost-write")
def test_that_means_it():
    assert TestClient(app).post("/forgotten").status_code == 200
"""


@pytest.fixture
def small_project(tmp_path):
    project(tmp_path, "faulty_sync")
    (tmp_path / "test_every_route.py").unlink()
    (tmp_path / "test_few.py").write_text(ONE_TEST, "utf-8")
    return tmp_path


def test_a_run_fails_where_findings_are_errors_until_a_baseline_knows_them(small_project):
    first = ask(small_project, "--lantern=error", "--lantern-html=found.html")
    assert first.returncode == 1
    assert "2 passed" in first.stdout
    assert "[commit-after-answer]" in first.stdout
    assert "lost-write" not in first.stdout  # the mark of the test that means it
    page = (small_project / "found.html").read_text("utf-8")
    assert "POST /late" in page and "<svg" in page and "COMMIT after the answer" in page
    for _ in range(2):
        known = ask(small_project, "--lantern=error", "--lantern-baseline=known.json")
        assert known.returncode == 0, known.stdout
        assert "1 more are in known.json." in known.stdout


def test_kinds_can_be_left_out_and_one_that_does_not_exist_is_told(small_project):
    settings = small_project / "pytest.ini"
    settings.write_text("[pytest]\nlantern_ignore = commit-after-answer\n", "utf-8")
    ran = ask(small_project, "--strict-markers", "--lantern=error")
    assert ran.returncode == 0, ran.stdout
    assert "Nothing was found." in ran.stdout
    settings.write_text("[pytest]\nlantern_ignore = late\n", "utf-8")
    refused = ask(small_project, "--lantern")
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "lantern_ignore names late; the kinds are connection-left, " in refused.stderr


def test_workers_of_xdist_hand_over_what_they_found(tmp_path):
    project(tmp_path, "faulty_sync")
    database = 'f"sqlite:///{os.getpid()}.db"'  # each worker has its own
    app = tmp_path / "app.py"
    text = app.read_text("utf-8").replace('"sqlite:///any.db"', database)
    app.write_text(text.replace("\nfrom typing", "\nimport os\nfrom typing", 1), "utf-8")
    alone, _ = told(tmp_path)
    shared, output = told(tmp_path, "-n", "2")
    assert shared == alone, output
