"""A class is graded by the command that an instructor types."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest
from typer.testing import CliRunner, Result

from course.checking.exercise import NOT_ATTEMPTED, RIGHT, WRONG, exercises_of
from course.cli import app
from course.grading import batch
from course.grading.observers import Spawner
from course.project import ROOT
from tests.grading.hostile import BLOCKING, CASES, EXERCISE, REFERENCE, STEM
from tools.answers import notebook_with

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "course", "grade"]


def hand_in(folder: Path, learner: str, answer: str | None = None, stem: str = STEM) -> Path:
    """Write a learner's notebook: all answers right, or one in the place of ch01-ex2."""
    answers = REFERENCE if answer is None else {**REFERENCE, EXERCISE: answer}
    path = folder / learner / f"{stem}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook_with(stem, answers)), encoding="utf-8")
    return path


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    """Ana has all right, Bo has one wrong, Cy has not begun, and Di's file is broken."""
    folder = tmp_path / "handed in"
    hand_in(folder, "ana")
    hand_in(folder, "bo", BLOCKING)
    hand_in(folder, "cy").write_bytes((ROOT / "exercises" / f"{STEM}.ipynb").read_bytes())
    hand_in(folder, "di").write_bytes(b"{")
    return folder


@pytest.fixture
def grade(tmp_path: Path) -> Callable[..., Result]:
    """Return a function that grades a folder into `results`, as the command does."""

    def run(source: Path, *options: str) -> Result:
        arguments = ["grade", str(source), "--out", str(tmp_path / "results"), *options]
        return CliRunner().invoke(app, arguments, catch_exceptions=False)

    return run


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def verdicts_of(folder: Path) -> list[dict[str, str]]:
    """Return the rows of grades.csv without what no two runs have in common."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows_of(folder)]


def test_every_answer_has_its_row_and_every_broken_file_its_sentence(
    grade: Callable[..., Result], handed_in: Path, tmp_path: Path
) -> None:
    run = grade(handed_in)
    assert run.exit_code == 0
    assert "Not graded: di/ch01_event_loop.ipynb: It ends in the middle" in run.output
    assert "3 of 4 notebooks are graded." in run.output
    rows = rows_of(tmp_path / "results")
    states = {(row["learner"], row["exercise"]): row["state"] for row in rows}
    for exercise in exercises_of(STEM):
        assert states["ana", exercise.id] == RIGHT
        assert states["cy", exercise.id] == NOT_ATTEMPTED
    assert states["bo", EXERCISE] == WRONG
    assert states["di", "ch01"] == "not graded"
    [wrong] = [row for row in rows if (row["learner"], row["exercise"]) == ("bo", EXERCISE)]
    assert "ran on the loop's own thread" in wrong["message"]
    assert int(wrong["points"]) < int(wrong["of"])
    assert float(wrong["seconds"]) > 0


def test_each_tool_of_the_trade_gets_its_file(
    grade: Callable[..., Result], handed_in: Path, tmp_path: Path
) -> None:
    grade(handed_in)
    results = tmp_path / "results"
    suites = ElementTree.parse(results / "junit.xml").getroot()
    assert [suite.get("failures") for suite in suites] == ["0", "1", "0", "0"]
    assert [suite.get("skipped") for suite in suites] == ["0", "0", "4", "0"]
    assert [suite.get("errors") for suite in suites] == ["0", "0", "0", "1"]
    [bo] = (results / "gradescope").glob("bo-*.json")
    gradescope = json.loads(bo.read_text(encoding="utf-8"))
    tests = {test["name"].split()[0]: test for test in gradescope["tests"]}
    assert tests[EXERCISE]["status"] == "failed"
    assert gradescope["score"] == sum(test["score"] for test in tests.values())
    canvas = list(csv.reader((results / "canvas.csv").open(encoding="utf-8")))
    assert canvas[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert canvas[1][0].strip() == "Points Possible"
    assert [row[3] for row in canvas[2:]] == ["ana", "bo", "cy", "di"]
    assert canvas[2][-1] == canvas[1][-1]  # Ana has all the points there are
    moodle = list(csv.reader((results / "moodle.csv").open(encoding="utf-8")))
    assert moodle[0] == ["username", "idnumber", "email", "fullname", STEM]
    assert moodle[1] == ["ana", "", "", "ana", canvas[1][-1]]
    # Who has no mark has a blank: a 0 would be one.
    assert [moodle[-1][0], moodle[-1][-1], canvas[-1][-1]] == ["di", "", ""]
    page = (results / "feedback" / "bo.html").read_text(encoding="utf-8")
    assert "own thread, and the loop was frozen" in page
    assert "ana" not in page
    report = (results / "report.html").read_text(encoding="utf-8")
    assert "1 × ch01-ex2" in report  # noqa: RUF001  the sign that the report has
    assert "It ends in the middle" in report


def test_text_of_learners_is_neither_markup_nor_a_formula(
    grade: Callable[..., Result], tmp_path: Path
) -> None:
    answer = (
        "async def report_async(path, build_report):\n"
        "    raise ValueError('<script>alert(1)</script> \\x00 \\ud800')\n"
    )
    hand_in(tmp_path / "in", "=cmd()", answer)
    grade(tmp_path / "in")
    results = tmp_path / "results"
    for page in (results / "report.html", *(results / "feedback").iterdir()):
        assert "<script>" not in page.read_text(encoding="utf-8")
    assert {row["learner"] for row in rows_of(results)} == {"'=cmd()"}
    ElementTree.parse(results / "junit.xml")


def test_a_second_run_grades_again_only_what_changed(
    grade: Callable[..., Result], handed_in: Path, tmp_path: Path
) -> None:
    grade(handed_in)
    kept = {path.name: path.stat() for path in (tmp_path / "results" / "submissions").iterdir()}
    hand_in(handed_in, "bo")
    grade(handed_in)
    changed = {
        path.name.split("-")[0]
        for path in (tmp_path / "results" / "submissions").iterdir()
        if path.stat().st_mtime_ns != kept[path.name].st_mtime_ns
    }
    assert changed == {"bo"}
    assert {row["state"] for row in rows_of(tmp_path / "results") if row["learner"] == "bo"} == {
        RIGHT
    }


def test_a_damaged_result_is_graded_again(
    grade: Callable[..., Result], handed_in: Path, tmp_path: Path
) -> None:
    grade(handed_in)
    before = verdicts_of(tmp_path / "results")
    for path in (tmp_path / "results" / "submissions").iterdir():
        path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    grade(handed_in)
    assert verdicts_of(tmp_path / "results") == before


def test_of_two_notebooks_for_a_chapter_the_better_one_counts_and_it_is_said(
    grade: Callable[..., Result], tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    worse = hand_in(folder, "bo", BLOCKING)
    worse.rename(folder / "bo" / "ch01_event_loop-1.ipynb")
    hand_in(folder, "bo")
    run = grade(folder)
    assert "bo handed in 2 notebooks for ch01; bo/ch01_event_loop.ipynb counts" in run.output
    counted = {row["file"]: row["counts"] for row in rows_of(tmp_path / "results")}
    assert counted == {"bo/ch01_event_loop-1.ipynb": "False", "bo/ch01_event_loop.ipynb": "True"}
    [_, bo] = csv.reader((tmp_path / "results" / "moodle.csv").open(encoding="utf-8"))
    assert (bo[0], bo[-1]) == ("bo", str(sum(len(e.promises) for e in exercises_of(STEM))))


def test_a_roster_and_a_rule_are_named_on_the_command_line(
    grade: Callable[..., Result], tmp_path: Path
) -> None:
    folder, roster = tmp_path / "in", tmp_path / "class.csv"
    folder.mkdir()
    hand_in(folder, "right").rename(folder / "boleo_LATE_12_345_ch01.ipynb")
    hand_in(folder, "wrong", BLOCKING).rename(folder / "boleo_12_344_ch01.ipynb")
    roster.write_text('Student,ID,SIS User ID\n"Leo, Bo",12,7\n"Ray, Cy",13,8\n', encoding="utf-8")
    run = grade(folder, "--roster", str(roster), "--attempt", "in-time")
    assert "2 files recognised as Canvas's." in run.output
    assert "1 on the roster handed in nothing: Cy Ray." in run.output
    counted = {
        (row["learner"], row["file"]): row["counts"] for row in rows_of(tmp_path / "results")
    }
    assert counted == {
        ("Bo Leo", "boleo_LATE_12_345_ch01.ipynb"): "False",
        ("Bo Leo", "boleo_12_344_ch01.ipynb"): "True",
        ("Cy Ray", ""): "",
    }


def test_one_file_stops_nobody(grade: Callable[..., Result], tmp_path: Path) -> None:
    folder = tmp_path / "in"
    hand_in(folder, "ana")
    hand_in(folder, "张" * 80)
    (folder / "bo.zip").write_bytes(b"PK\5\6 not a zip")
    (folder / "cy.pdf").write_bytes(b"%PDF")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "x.ipynb")
    run = grade(folder)
    assert run.exit_code == 0
    rows = rows_of(tmp_path / "results")
    for learner in ("ana", "张" * 80):
        assert {row["state"] for row in rows if row["learner"] == learner} == {RIGHT}
    others = {row["file"]: row for row in rows if row["state"] == "not graded"}
    assert {"bo.zip", "cy.pdf"} <= others.keys()
    assert {row["points"] for row in others.values()} == {""}
    assert all(f"Not graded: {path}: " in run.output for path in others)


def test_a_zip_and_one_notebook_of_a_named_learner_are_graded_like_a_folder(
    grade: Callable[..., Result], tmp_path: Path
) -> None:
    notebook = hand_in(tmp_path / "in", "bo", BLOCKING)
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.write(notebook, "bo/ch01_event_loop.ipynb")
    points = []
    for source, options in ((tmp_path / "class.zip", ()), (notebook, ("--learner", "bo"))):
        grade(source, *options)
        points.append([(row["learner"], row["points"]) for row in rows_of(tmp_path / "results")])
    assert points[0] == points[1]
    assert points[0][0][0] == "bo"


def test_a_check_of_the_grader_says_that_it_works_here() -> None:
    run = CliRunner().invoke(app, ["grade", "--check"], catch_exceptions=False)
    assert run.exit_code == 0
    assert run.output.endswith("The grader works here.\n")
    assert "NOT as it should be" not in run.output
    if sys.platform == "linux":
        assert "Protection: no sight of the files of others" in run.output


def test_a_check_of_the_grader_says_so_when_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(batch.DUE, "solutions", ("something else",))
    run = CliRunner().invoke(app, ["grade", "--check"])
    assert run.exit_code == 1
    assert "verdicts are wrong here." in run.output


def test_two_runs_at_once_come_to_the_same_and_spoil_nothing(
    handed_in: Path, tmp_path: Path
) -> None:
    command = [*COMMAND, str(handed_in), "--out", str(tmp_path / "results"), "--workers", "1"]
    runs = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    outputs = [run.communicate(timeout=120) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert all(b"3 of 4 notebooks are graded." in output for output, _ in outputs)
    assert {row["state"] for row in rows_of(tmp_path / "results") if row["learner"] == "ana"} == {
        RIGHT
    }


@pytest.mark.skipif(os.name == "nt", reason="a console is needed to send Ctrl-C on Windows")
def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(tmp_path: Path) -> None:
    folder, results = tmp_path / "in", tmp_path / "results"
    hand_in(folder, "ana")
    endless = dict.fromkeys(REFERENCE, "while True: pass")
    hand_in(folder, "zoe").write_text(json.dumps(notebook_with(STEM, endless)), encoding="utf-8")
    command = [*COMMAND, str(folder), "--out", str(results), "--seconds", "60", "--workers", "1"]
    # The workers' folders, and so their command lines, are known by this one.
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as run:
        while not list((results / "submissions").glob("ana-*.json")):
            assert run.poll() is None
            time.sleep(0.05)
        # Workers are forks of one process, whose command line they keep.
        assert len(set(alive("course.grading.fork_server", str(tmp_path)))) == 1
        run.send_signal(signal.SIGINT)
        output, _ = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "Stopped after 1 notebooks. The same command goes on from there." in output
    assert not (results / "grades.csv").exists()
    assert not alive("course.grading.fork_server", str(tmp_path))
    assert not list(tmp_path.glob("lantern-grade-*"))
    hand_in(folder, "zoe")
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    assert {row["learner"] for row in rows_of(results)} == {"ana", "zoe"}


@pytest.mark.parametrize("arguments", [["--help"], ["--nonsense"], [], ["there is no such folder"]])
def test_a_command_that_grades_nothing_leaves_nothing_behind(
    arguments: list[str], tmp_path: Path
) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert "Traceback" not in run.stdout + run.stderr
    assert not alive("course.grading.fork_server", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def alive(*words: str) -> list[str]:
    """Return the command lines of processes that hold all these words."""
    processes = psutil.process_iter(["cmdline"])
    lines = [" ".join(process.info["cmdline"] or ()) for process in processes]
    return [line for line in lines if all(word in line for word in words)]


@pytest.mark.skipif(sys.platform != "linux", reason="hostile answers are handed in")
def test_nothing_outside_the_results_is_touched(
    grade: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    folder = tmp_path / "in"
    for case in ("writes outside", "writes its own score", "reads the solution", "os._exit"):
        path = folder / case / f"{STEM}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(CASES[case].notebook()), encoding="utf-8")

    def everything() -> dict[str, tuple[int, int]]:
        places = [ROOT / name for name in ("course", "lantern", "solutions", "exercises", "tests")]
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size)
            for place in (*places, folder)
            for path in place.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    before = everything()
    assert grade(folder).exit_code == 0
    assert everything() == before
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize(("answer", "state"), [(None, RIGHT), (BLOCKING, WRONG)])
def test_where_answers_cannot_be_shut_in_they_are_graded_all_the_same_and_it_is_said(
    grade: Callable[..., Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str | None,
    state: str,
) -> None:
    # What happens outside Linux.
    monkeypatch.setattr(
        "course.grading.observers.make_workers", lambda count: [Spawner() for _ in range(count)]
    )
    hand_in(tmp_path / "in", "ana", answer)
    run = grade(tmp_path / "in")
    assert "Protection that this system does not give: an end of its memory" in run.output
    [row] = [row for row in rows_of(tmp_path / "results") if row["exercise"] == EXERCISE]
    assert row["state"] == state
    report = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert "no sight of the files of others" in report
    assert "<li>nothing of the grader&#39;s environment</li>" in report
