"""Progress survives crashes, and a pass is never lost."""

import json
import re
import signal
import subprocess
import sys

import pytest

from course.checking import progress
from course.checking.exercise import (
    NO_VERDICT,
    NOT_ATTEMPTED,
    RIGHT,
    STAR,
    SYMBOLS,
    WRONG,
    Verdict,
)
from course.project import ROOT


def verdict(state, points, exercise="ch01-ex1"):
    return Verdict(exercise, "title", state, points, 5)


def test_the_best_try_of_each_exercise_counts(tmp_path):
    for state, points in ((WRONG, 2), (RIGHT, 5), (WRONG, 1), (NOT_ATTEMPTED, 0)):
        progress.record(verdict(state, points), tmp_path)
    progress.record(verdict(WRONG, 3, "ch01-ex2"), tmp_path)
    best = progress.best(tmp_path)
    assert (best["ch01-ex1"].state, best["ch01-ex1"].points) == (RIGHT, 5)
    assert best["ch01-ex2"].points == 3
    progress.record(verdict(STAR, 5), tmp_path)
    assert progress.best(tmp_path)["ch01-ex1"].state == STAR


def test_what_a_browser_saved_counts_once_it_lies_beside_the_file(tmp_path):
    progress.record(verdict(WRONG, 2), tmp_path)
    progress.record(verdict(RIGHT, 5, "ch01-ex2"), tmp_path)
    (tmp_path / progress.FILE).rename(tmp_path / "progress-from-browser.jsonl")
    progress.record(verdict(RIGHT, 5), tmp_path)
    best = progress.best(tmp_path)
    assert {name: entry.state for name, entry in best.items()} == {
        "ch01-ex1": RIGHT,
        "ch01-ex2": RIGHT,
    }


def test_a_line_that_a_crash_cut_short_spoils_only_itself(tmp_path):
    progress.record(verdict(RIGHT, 5), tmp_path)
    file = tmp_path / progress.FILE
    file.write_bytes(file.read_bytes() + b'\n{"exercise": "ch01-ex2", "sta\xff')
    progress.record(verdict(RIGHT, 3, "ch01-ex3"), tmp_path)
    assert set(progress.best(tmp_path)) == {"ch01-ex1", "ch01-ex3"}


@pytest.mark.parametrize("content", ["", "[]", "null", '{"state": "right"}', "\x00", "{"])
def test_a_file_that_is_no_progress_counts_as_none(tmp_path, content):
    (tmp_path / progress.FILE).write_text(content)
    assert progress.best(tmp_path) == {}
    progress.record(verdict(RIGHT, 5), tmp_path)
    assert set(progress.best(tmp_path)) == {"ch01-ex1"}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_what_was_recorded_before_a_kill_is_there_after_it(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\nfrom course.checking import progress\n"
        "from course.checking.exercise import RIGHT, Verdict\n"
        "for number in range(100_000):\n"
        "    v = Verdict(f'ch01-ex{number}', 't', RIGHT, 1, 1)\n"
        "    progress.record(v, Path(sys.argv[1]))\n"
        "    print(number, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE, cwd=ROOT, text=True,
    )  # fmt: skip
    for _ in range(20):
        last = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    best = progress.best(tmp_path)
    assert {f"ch01-ex{number}" for number in range(last + 1)} <= set(best)


def test_two_programs_may_record_at_the_same_time(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\nfrom course.checking import progress\n"
        "from course.checking.exercise import RIGHT, Verdict\n"
        "for number in range(200):\n"
        "    v = Verdict(f'{sys.argv[2]}-{number}', 't', RIGHT, 1, 1)\n"
        "    progress.record(v, Path(sys.argv[1]))\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), name], cwd=ROOT)
        for name in ("notebook", "terminal")
    ]
    assert [process.wait() for process in both] == [0, 0]
    assert len(progress.best(tmp_path)) == 400
    lines = (tmp_path / progress.FILE).read_text().splitlines()
    assert all(json.loads(line) for line in lines if line)


def test_the_page_knows_the_same_states_in_the_same_order():
    page = (ROOT / "browser" / "runner" / "work.mjs").read_text(encoding="utf-8")
    [states] = re.findall(r"const STATES = (\[.*\]);", page)
    # In the page nobody but the learner's own machine checks: it always comes to a verdict.
    assert json.loads(states) == [state for state in SYMBOLS if state != NO_VERDICT]
