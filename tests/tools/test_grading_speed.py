"""The benchmark of the grader compares what it says it compares."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from course.checking.exercise import exercises_of
from course.project import ROOT
from tools.answers import known_answers, notebook_with, notebooks
from tools.bench.grading_speed import MEGABYTE, STEM, Grading, hand_in
from tools.bench.measure import peak_memory


def test_the_bare_checks_give_every_point_to_a_right_answer_only(tmp_path: Path) -> None:
    right = next(notebooks(STEM, right_only=True))
    exercise = "ch01-ex4"
    answer = next(known for known in known_answers(exercise) if "time.sleep" in known.words)
    wrong = notebook_with(STEM, {exercise: answer.source})  # and the others are not attempted
    handed_in = hand_in("two", iter([right, wrong]), tmp_path / "in", count=2)
    result = tmp_path / "measured.json"
    command = [sys.executable, "-m", "tools.bench.grading_floor"]
    command += [str(handed_in.folder), str(result)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    measured = json.loads(result.read_text(encoding="utf-8"))
    full = {exercise.id: len(exercise.promises) for exercise in exercises_of(STEM)}
    points = {(learner, exercise): points for learner, exercise, points in measured["points"]}
    assert {name: points["learner0000", name] for name in full} == full
    assert 0 < points["learner0001", exercise] < full[exercise]
    assert points["learner0001", "ch01-ex1"] == 0
    assert measured["seconds"] > 0


def test_an_answer_with_other_points_is_named(tmp_path: Path) -> None:
    grading = Grading(tmp_path)
    workers = grading.usual
    points = {("ana", "ch01-ex1"): 5, ("ana", "ch01-ex2"): 3}
    grading.note(workers, grading.right, 1.0, points)
    grading.note("otter", grading.right, 1.0, {**points, ("ana", "ch01-ex2"): 2})
    row = grading.agreement("otter", grading.right)
    assert row.ratio == 0.5
    assert "NOT ana ch01-ex2" in row.what
    assert grading.agreement(workers, grading.right).ratio == 1.0


def test_memory_is_told_of_a_process_and_of_its_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, seen = tmp_path / "ready", tmp_path / "seen"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(seen)!r}).exists(): time.sleep(0.01)"
    child = f"kept = bytearray({200 * MEGABYTE})\nopen({str(ready)!r}, 'w').close()\n{wait}"
    parent = (
        f"import subprocess, sys\nkept = bytearray({100 * MEGABYTE})\n"
        f"subprocess.run([sys.executable, '-c', {child!r}])"
    )
    looks_since_ready = itertools.count()

    def look(_: float) -> None:
        if ready.exists() and next(looks_since_ready) == 1:
            seen.touch()

    monkeypatch.setattr("tools.bench.measure.time.sleep", look)
    own, of_child = peak_memory([sys.executable, "-c", parent])
    assert 100 * MEGABYTE < own < 200 * MEGABYTE < of_child
