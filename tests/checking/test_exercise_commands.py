"""The commands that a learner types."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from typer.testing import CliRunner

from course import workspace
from course.checking import progress
from course.cli import app
from course.failure import CannotContinue
from course.notebook import tags
from course.project import ROOT
from tools.answers import notebook_with, reference

ANSWER = """async def report_async(path, build_report):
    import asyncio
    return await asyncio.to_thread(build_report, path)
"""
BROKEN = """async def report_async(path, build_report):
    print("looking for", path)
    paths = {}
    return paths[path]
"""


@pytest.fixture
def learner(tmp_path, monkeypatch):
    """A workspace of its own, and a function that runs a command in it."""
    monkeypatch.setattr(workspace, "WORKSPACE", tmp_path)
    monkeypatch.setattr(workspace, "HANDED_OUT", tmp_path / ".handed_out.json")
    monkeypatch.setattr(progress, "WORKSPACE", tmp_path)

    def run(*arguments, answer=None):
        return CliRunner().invoke(app, arguments, input=answer, catch_exceptions=False)

    return run


def write_answer(folder, source=ANSWER):
    path = folder / "ch01_event_loop.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if "ch01-ex2" in tags(cell):
            cell["source"] = source
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_the_first_check_hands_out_the_notebooks_and_nothing_is_attempted(learner, tmp_path):
    result = learner("check", "ch01")
    assert result.exit_code == 1
    assert result.output.count("not attempted") == 4
    assert (tmp_path / "ch01_event_loop.ipynb").exists()


@pytest.mark.slow
def test_where_no_postgres_is_it_is_said_once_how_to_have_one(learner, tmp_path, monkeypatch):
    monkeypatch.setattr("lantern.theatre.postgres.is_at_hand", lambda: False)
    learner("check", "ch02-ex2")
    stem = "ch02_sync_sessionmaker"
    notebook = notebook_with(stem, {"ch02-ex2": reference("ch02-ex2").source})
    (tmp_path / f"{stem}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    lines = learner("check", "ch02-ex2").output.splitlines()
    assert [line for line in lines if "PostgreSQL" in line] == [
        "A PostgreSQL would be asked about ch02-ex2, too: `python -m course postgres` installs "
        "one. It changes no point."
    ]


def test_an_answer_passes_and_shows_in_the_progress(learner, tmp_path):
    learner("check", "ch01-ex2")
    write_answer(tmp_path)
    result = learner("check", "ch01-ex2")
    assert result.exit_code == 0
    assert "✓ ch01-ex2 A report that freezes nobody: right, 3 of 3 points" in result.output
    shown = learner("progress").output
    assert "ch01_event_loop" in shown
    assert "3 of 16 points" in shown
    assert "ch01-ex2 right" in shown
    assert "ch01-ex1 not attempted" in shown


def test_a_wrong_answer_names_the_mistake_and_where_the_hints_are(learner, tmp_path):
    learner("check", "ch01-ex2")
    write_answer(tmp_path, "async def report_async(p, b):\n    return b(p)\n")
    result = learner("check", "ch01-ex2")
    assert result.exit_code == 1
    assert "async def alone" in result.output
    assert "python -m course hint ch01-ex2" in result.output
    assert "Hint 1 of 3" in learner("hint", "ch01-ex2").output
    assert "Hint 3 of 3" in learner("hint", "ch01-ex2", "3").output


def test_the_solution_asks_before_a_pass_and_not_after(learner, tmp_path):
    refused = learner("solution", "ch01-ex2", answer="n\n")
    assert "You have not solved ch01-ex2 yet" in refused.output
    assert "to_thread" not in refused.output
    learner("check", "ch01-ex2")
    write_answer(tmp_path)
    learner("check", "ch01-ex2")
    shown = learner("solution", "ch01-ex2")
    assert "asyncio.to_thread(build_report, path)" in shown.output
    assert "SOLUTION" not in shown.output


def test_reset_of_an_exercise_keeps_the_others_and_the_old_file(learner, tmp_path):
    learner("check", "ch01-ex2")
    path = write_answer(tmp_path)
    other = path.read_text(encoding="utf-8").replace("# Exercises", "# My exercises")
    path.write_text(other, encoding="utf-8")
    refused = learner("reset", "ch01-ex2", answer="n\n")
    assert refused.exit_code == 1
    assert path.read_text(encoding="utf-8") == other
    done = learner("reset", "ch01-ex2", answer="y\n")
    assert "ch01_event_loop.before-reset-1.ipynb" in done.output
    assert (tmp_path / "ch01_event_loop.before-reset-1.ipynb").read_text("utf-8") == other
    now = path.read_text(encoding="utf-8")
    assert "# My exercises" in now
    assert "to_thread(build_report" not in now
    assert "your turn" in now


def test_reset_of_a_chapter_or_a_lesson_brings_a_fresh_notebook(learner, tmp_path):
    learner("check", "ch01-ex2")
    path = write_answer(tmp_path)
    learner("reset", "ch01", "--yes")
    assert path.read_bytes() == (ROOT / "exercises" / path.name).read_bytes()
    lesson = tmp_path / "lessons" / "ch01a_waiting.ipynb"
    lesson.write_text("mine")
    assert "ch01a is as it was handed out" in learner("reset", "ch01a", "--yes").output
    assert lesson.with_name("ch01a_waiting.before-reset-1.ipynb").read_text() == "mine"


@pytest.mark.parametrize("gone", [("ch01-ex2",), ("ch01-ex2", "check")], ids=" ".join)
def test_cells_that_are_gone_are_told_so_and_come_back_where_they_stood(learner, tmp_path, gone):
    learner("check", "ch01-ex2")
    path = tmp_path / "ch01_event_loop.ipynb"
    untouched = json.loads(path.read_text("utf-8"))
    cells = [cell for cell in untouched["cells"] if not {*gone} & {*tags(cell)}]
    path.write_text(json.dumps({**untouched, "cells": cells}), encoding="utf-8")
    told = learner("check", "ch01-ex2").output
    assert "There is no report_async in the notebook" in told
    assert "reset ch01-ex2" in told
    learner("reset", "ch01-ex2", "--yes")
    back = json.loads(path.read_text("utf-8"))["cells"]
    others = [cell["id"] for cell in cells]
    assert [cell["id"] for cell in back if cell["id"] in others] == others
    of_it = [c["id"] for c in untouched["cells"] if "ch01-ex2" in tags(c) or c["id"] in others]
    assert [cell["id"] for cell in back if cell["id"] in of_it] == of_it
    assert any('check("ch01-ex2"' in "".join(cell["source"]) for cell in back)


def test_an_error_names_the_learner_s_line_and_what_was_printed_is_shown(learner, tmp_path):
    learner("check", "ch01-ex2")
    write_answer(tmp_path, BROKEN)
    told = learner("check", "ch01-ex2").output
    assert "It came from line 4, `return paths[path]`." in told
    assert "> looking for" in told


def test_a_broken_notebook_is_reset_as_a_whole(learner, tmp_path):
    learner("check", "ch01-ex2")
    path = tmp_path / "ch01_event_loop.ipynb"
    path.write_text('{"cells": [')
    with pytest.raises(CannotContinue, match="reset ch01"):
        learner("reset", "ch01-ex2", "--yes")
    learner("reset", "ch01", "--yes")
    assert (tmp_path / "ch01_event_loop.before-reset-1.ipynb").read_text() == '{"cells": ['


def test_names_may_be_written_in_capitals(learner):
    assert "Hint 1 of 3" in learner("hint", "CH01-EX2").output
    assert learner("check", "CH00").output.count("not attempted") == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("check", "ch01-ex9"), "There is no exercise 'ch01-ex9'. These exist: ch00-ex1, "),
        (("check", "ch77"), "There is no chapter 'ch77'. These exist: ch00_doors_open"),
        (("hint", "doctor"), "There is no exercise 'doctor'"),
        (("reset", "ch77"), "There is no notebook 'ch77'"),
    ],
)
def test_an_unknown_name_is_answered_with_those_that_exist(learner, arguments, sentence):
    with pytest.raises(CannotContinue) as raised:
        learner(*arguments)
    assert sentence in str(raised.value)


def test_watch_checks_again_on_every_save_and_stops_at_ctrl_c(tmp_path):
    watching = subprocess.Popen(
        [sys.executable, "-u", "-m", "course", "check", "ch01-ex2", "--watch"],
        cwd=ROOT, env={**os.environ, "LANTERN_WORKSPACE": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        lines = iter(watching.stdout.readline, "")
        assert "not attempted" in next(lines)
        assert any("Watching workspace/" in line for line in lines)
        # The watcher may not be listening yet: save until it answers.
        saving = threading.Event()

        def save_again_and_again():
            while not saving.wait(0.3):
                write_answer(tmp_path)

        thread = threading.Thread(target=save_again_and_again)
        thread.start()
        try:
            assert any("right, 3 of 3 points" in line for line in lines)
        finally:
            saving.set()
            thread.join()
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 0
        assert "Traceback" not in watching.stdout.read()
    finally:
        watching.kill()
        watching.wait()
        watching.stdout.close()
