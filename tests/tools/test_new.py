"""What `python -m tools.new` writes is complete: all that is left is the author's words."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.failure import CannotContinue
from course.project import ROOT
from tools import new
from tools.layout import problems

SOURCES = ("book", "notebooks", "solutions", "exercises", "course", "answers", "lantern", "tools")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the course that a chapter can be added to."""
    for folder in SOURCES:
        shutil.copytree(
            ROOT / folder, tmp_path / folder,
            ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"),
        )  # fmt: skip
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "sanitize.cfg", tmp_path / "tests")
    return tmp_path


def run(tree: Path, *command: str, status: int = 0) -> str:
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=tree, env=environment, capture_output=True, text=True
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_a_new_chapter_runs_is_cut_is_fair_and_misses_only_words(tree: Path) -> None:
    told = run(tree, "tools.new", "ch99_switches")
    assert "tools.fairness ch99-ex1" in told
    run(tree, "tools.run", "solutions/ch99_switches.ipynb", "notebooks/ch99a_switches.ipynb")
    run(tree, "tools.cut")
    assert "6 answers on 2 seeds, 0 verdicts" in run(
        tree, "tools.fairness", "ch99-ex1", "--seeds", "2"
    )
    left = list(problems(tree))
    assert len(left) == 5  # the solution, two files of checks, the lesson and the page
    assert all("still says TODO" in problem for problem in left)


def test_a_fault_of_a_check_is_not_put_on_the_answers(tree: Path) -> None:
    run(tree, "tools.new", "ch99_switches")
    check = tree / "course/checks/ch99_switches/titles.py"
    text = check.read_text("utf-8").replace(
        "    engine = make_engine()", "    engine = case.unknown"
    )
    check.write_text(text, "utf-8")
    (tree / "answers/ch99-ex1/wrong-more-seats.py").unlink()
    told = run(tree, "tools.fairness", "ch99-ex1", status=1)
    assert told.count("trying it raised AttributeError: 'Case' object has no attribute") == 5
    assert "It came from line 40 of titles.py." in told
    assert "titles needs 2 wrong answers that break it alone." in told


def test_a_second_exercise_is_written_into_the_chapter_s_solution(tree: Path) -> None:
    told = new.main("ch01-ex5", "seat_plan", tree)
    assert "Add SEAT_PLAN to EXERCISES in course/checks/ch01_event_loop/__init__.py" in told
    assert (tree / "course/checks/ch01_event_loop/seat_plan.py").exists()
    solution = (tree / "solutions/ch01_event_loop.ipynb").read_text("utf-8")
    assert 'await check(\\"ch01-ex5\\", seat_plan)' in solution


def test_a_chapter_in_between_has_its_place_in_the_contents(tree: Path) -> None:
    contents = (tree / "_toc.yml").read_text("utf-8").replace("ch03_async", "ch04_async")
    changed = new._with_chapter(contents, "ch03_between", "between")
    assert changed.index("book/ch02_") < changed.index("book/ch03_b") < changed.index("book/ch04_a")


@pytest.mark.parametrize(
    ("name", "answer", "sentence"),
    [
        ("ch01_event_loop", "", "is there already"),
        ("chapter4", "", "is no name"),
        ("ch98-ex1", "sell", "Write a chapter's exercise"),
        ("ch01-ex5", "", "Write a chapter's exercise"),
        ("ch01-ex9", "sell", "The next exercise of ch01_event_loop is ch01-ex5."),
    ],
)
def test_what_cannot_be_written_is_said_in_a_sentence(tree, name, answer, sentence) -> None:
    with pytest.raises(CannotContinue, match=sentence):
        new.main(name, answer, tree)
