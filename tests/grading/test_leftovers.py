"""What a grader leaves behind that was killed is gone after the next one."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from course.checking.exercise import NO_VERDICT, exercises_of
from course.checking.observation import NoVerdict, Untouched
from course.grading.batch import clear_unfinished
from course.grading.confinement import Protection
from course.grading.grader import Grader
from course.grading.messages import Observed, Request
from course.grading.results import Result
from course.grading.scratch import Scratch, remove
from course.grading.submissions import Submission, read
from course.grading.worker import ENDED_TWICE, Worker
from course.project import ROOT
from tests.grading.hostile import REFERENCE, STEM
from tools.answers import notebook_with

KILLED = (
    "import os, sys\nfrom course.grading.scratch import Scratch\nscratch = Scratch()\n"
    "open(os.path.join(scratch.name, 'x'), 'w').close()\nprint(scratch.name, flush=True)\n"
    "sys.stdin.read() or os._exit(1)"
)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="a folder can't be locked there")
def test_folders_of_killed_graders_go_and_those_in_use_stay(temporary: Path) -> None:
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as alive:
        assert alive.stdout is not None
        in_use = Path(alive.stdout.readline().strip())
        killed = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True)
        assert Path(killed.stdout.strip()).is_dir()  # it left it
        of_others = temporary / "lantern-grade-notes.txt"
        of_others.write_text("no folder")
        ours = Scratch()
        assert set(temporary.iterdir()) == {in_use, Path(ours.name), of_others}
        ours.cleanup()
        alive.communicate("")
    Scratch().cleanup()
    assert list(temporary.iterdir()) == [of_others]


def test_half_written_results_go(tmp_path: Path) -> None:
    for name in (".report.html.17.tmp", "submissions/.ana.json.17.tmp", "feedback/.a.html.1.tmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "submissions" / "ana.json").touch()
    clear_unfinished(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["ana.json"]


class Failing:
    """Observers of a machine that fails, and then works."""

    count, protection = 1, Protection()

    def __init__(self) -> None:
        self.asked = 0
        self.fails = True

    def submit(self, request: Request) -> "Future[Observed]":
        self.asked += 1
        future: Future[Observed] = Future()
        observation = NoVerdict(ENDED_TWICE) if self.fails else Untouched()
        future.set_result(Observed(observation, seconds=0.1))
        return future

    def close(self) -> None:
        pass


def graded(observers: Failing, folder: Path) -> Result:
    contents = json.dumps(notebook_with(STEM, REFERENCE)).encode()

    def one() -> Iterator[Submission]:
        yield read("ana/ch01.ipynb", contents)

    [result] = Grader(observers, folder).grade(one())
    return result


def test_where_the_machine_failed_there_is_no_mark_and_the_next_run_tries_again(
    tmp_path: Path,
) -> None:
    observers = Failing()
    first = graded(observers, tmp_path)
    assert {each["state"] for each in first.exercises} == {NO_VERDICT}
    assert ENDED_TWICE in first.exercises[0]["messages"][0]
    assert first.mark is None
    observers.fails = False
    second = graded(observers, tmp_path)
    assert second.mark == 0
    assert observers.asked == 2 * len(exercises_of(STEM))
    assert graded(observers, tmp_path).mark == 0
    assert observers.asked == 2 * len(exercises_of(STEM))  # kept


def test_a_worker_whose_process_ends_twice_gives_no_verdict() -> None:
    class Server:
        closed = False
        asked = 0

        def new_worker(self) -> Any:
            self.asked += 1
            ours, theirs = socket.socketpair()
            theirs.close()
            return ours

    server: Any = Server()
    request = Request(STEM, "ch01-ex2", ("report_async",), (), 1.0, 1)
    assert Worker(server).ask(request) == Observed(NoVerdict(ENDED_TWICE))
    assert server.asked == 2


@pytest.mark.skipif(sys.platform == "win32", reason="no path is deep there")
def test_a_folder_goes_however_deep_and_wherever_it_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(folder)
        for _ in range(3000):
            os.mkdir("d" * 99)
            Path("file").touch()
            os.symlink("/", "a link")
            os.chdir("d" * 99)
        os.mkdir("closed", 0)
        os.mkdir("another")
    finally:
        os.fchdir(before)
        os.close(before)
    remove(folder)
    assert list(tmp_path.iterdir()) == []
    remove(folder)  # is gone, and nothing is raised
