"""Whatever a notebook does to its process, its learner gets a verdict."""

import json
import sys
import time
from pathlib import Path

import psutil
import pytest

from course.checking.exercise import NOT_ATTEMPTED, RIGHT, WRONG, find
from course.checking.supervisor import Process, verdicts
from course.project import ROOT

pytestmark = pytest.mark.slow
EXERCISE = find("ch01-ex2")[1]
ANSWER = """
import asyncio
async def report_async(path, build_report):
    return await asyncio.to_thread(build_report, path)
"""


@pytest.fixture
def verdict(tmp_path):
    def run(*cells, seconds=60.0, tags=()):
        notebook = tmp_path / "ch01_event_loop.ipynb"
        content = {
            "cells": [
                {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}}
                for source in cells
            ]
        }
        notebook.write_text(json.dumps(content), encoding="utf-8")
        return Process(notebook, EXERCISE, seconds).verdict()

    return run


def test_a_right_answer_passes_with_the_learners_own_cells_around_it(verdict):
    result = verdict("%matplotlib inline\n!ls\nnumbers = [1]", "%%html\n<b>", ANSWER, "numbers[0]")
    assert result.state == RIGHT, result


@pytest.mark.parametrize(
    "answer",
    [
        f"%%time\n{ANSWER}",
        f"\n%%capture output\n{ANSWER}",
        f"files = !ls\nassert files == []\n{ANSWER}",
        f"asyncio.gather?\n?sum\n{ANSWER}",
        f"%load_ext autoreload\n%autoreload 2\n{ANSWER}",
        f"if True:\n    %time sum([1])\n    !ls\n{ANSWER}",
        f"answer = %time sum([1])\n!!ls\n{ANSWER}",
        f"get_ipython().run_line_magic('autoreload', '2')\n{ANSWER}",
        f"{ANSWER}\ntext = '''\n%d seats\n!important\nreally?\n'''\nassert '%d seats' in text",
        f"{ANSWER}\nrest = (17\n% 5)\nassert rest == 2",
    ],
)
def test_what_ipython_understands_costs_a_right_answer_nothing(verdict, answer):
    result = verdict(answer, tags=[EXERCISE.id])
    assert result.state == RIGHT, result


def test_a_mistake_in_a_cell_with_a_magic_is_told_with_its_line(verdict):
    result = verdict(f"%%time\nx = 1\nx +* 2\n{ANSWER}", tags=[EXERCISE.id])
    assert "line 3: SyntaxError" in result.messages[0]


def test_a_program_in_a_cell_of_its_own_is_not_run_as_python(verdict):
    assert verdict("%%bash\nexit 1", "%%writefile x.py\nimport nothing", ANSWER).state == RIGHT


def test_python_alone_needs_no_ipython(verdict):
    loaded = "import sys\nassert 'IPython' not in sys.modules\nx = 17 % 5 != 3"
    assert verdict(loaded, ANSWER).state == RIGHT


def test_cells_may_await_and_share_one_loop(verdict):
    result = verdict(
        "import asyncio\nfuture = asyncio.get_running_loop().create_future()",
        "future.set_result(1)\nassert await future == 1",
        ANSWER,
    )
    assert result.state == RIGHT, result


HOSTILE = {
    "a cell that blocks": ("import time; time.sleep(600)", "had not finished after"),
    "a cell that spins": ("while True: pass", "had not finished after"),
    "a cell that waits for ever": (
        "import asyncio\nwhile True: await asyncio.sleep(0)",
        "had not finished after",
    ),
    "os._exit": ("import os; os._exit(3)", "Python ended before the check did (exit code 3)"),
    "a gigabyte of output": ("while True: print('x' * 1_000_000)", "printed more than 1 MB"),
    "a crash": ("import ctypes; ctypes.string_at(0)", "Python ended before the check did"),
    "sys.exit in a task": (
        "import asyncio, sys\nasync def leave(): sys.exit(5)\n"
        "task = asyncio.create_task(leave())\nawait asyncio.sleep(1)",
        "",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_stopped_with_a_sentence(verdict, case):
    source, message = HOSTILE[case]
    began = time.monotonic()
    endless = message.startswith("had not finished")
    result = verdict(source, ANSWER, seconds=4.0 if endless else 60.0)
    assert result.state in (WRONG, RIGHT)
    assert message in " ".join(result.messages)
    # Not a measurement: without the limits these cells would run for ever.
    assert time.monotonic() - began < 60


def test_sys_exit_in_a_cell_is_an_error_of_that_cell(verdict):
    assert verdict("import sys; sys.exit()", ANSWER).state == RIGHT
    result = verdict("import sys; sys.exit()\n" + ANSWER)
    assert (
        "report_async is not defined. The cell that begins with `import sys" in (result.messages[0])
    )
    assert "SystemExit" in result.messages[0]


def test_an_answer_that_blocks_is_told_so(verdict):
    result = verdict("import time\nasync def report_async(p, b): time.sleep(60)", seconds=15)
    assert "without a single await" in result.messages[0]


def test_a_syntax_error_is_named_with_cell_and_line(verdict):
    result = verdict("x = 1", "async def report_async(path, build_report)\n    return 1")
    assert result.state == WRONG
    assert (
        "begins with `async def report_async(path, build_report)`, line 1: SyntaxError"
        in (result.messages[0])
    )


def test_without_an_answer_it_is_not_attempted(verdict):
    assert verdict("x = 1").state == NOT_ATTEMPTED
    assert verdict("async def report_async(path, build_report):\n    ...").state == NOT_ATTEMPTED


def test_a_name_with_a_slip_is_asked_about(verdict):
    result = verdict(ANSWER.replace("report_async", "report_asynch"))
    assert result.state == WRONG
    assert "Is report_asynch meant to be it?" in result.messages[0]


@pytest.mark.parametrize("content", ["", '{"cells": [', "[]", "null", None])
def test_a_notebook_that_is_gone_or_half_saved_is_named(tmp_path, content):
    notebook = tmp_path / "ch01_event_loop.ipynb"
    if content is not None:
        notebook.write_text(content)
    (result,) = verdicts([(notebook, EXERCISE)])
    assert "can't be read as a notebook" in result.messages[0]
    assert "reset ch01" in result.messages[0]


def test_answers_of_other_exercises_and_checks_are_left_out(verdict):
    assert verdict(ANSWER, tags=["ch01-ex1"]).state == NOT_ATTEMPTED
    assert verdict(ANSWER, tags=["check"]).state == NOT_ATTEMPTED
    assert verdict(ANSWER, tags=["ch01-ex2"]).state == RIGHT


def test_a_check_in_the_notebook_is_not_run_twice(verdict):
    result = verdict(
        "from course import check",
        ANSWER,
        'assert await check("ch01-ex2", report_async) is None',
    )
    assert result.state == RIGHT


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_threads_and_processes_left_behind_end_with_it(verdict, tmp_path):
    pid_file = tmp_path / "pid"
    spawn = (
        "import subprocess, sys, threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(child.pid))"
    )
    assert verdict(spawn, ANSWER, seconds=10).state == RIGHT
    if sys.platform == "win32":
        pytest.skip("without sessions the child of a child is not found")
    # It was killed; a busy machine may need a moment to get to it.
    end = time.monotonic() + 60
    while runs(int(pid_file.read_text())):
        assert time.monotonic() < end, "a process that the notebook started is still there"
        time.sleep(0.01)


def test_databases_left_behind_are_removed(verdict, tmp_path):
    noted = tmp_path / "where"
    cell = f"""
from pathlib import Path
from lantern.theatre import make_sync_engine, seed_sync, temporary_database
engine = make_sync_engine()
seed_sync(engine)
Path({str(noted)!r}).write_text(f"{{engine.url.database}}\\n{{temporary_database().parent}}")
"""
    assert verdict(cell, ANSWER).state == RIGHT
    paths = [Path(line) for line in noted.read_text().splitlines()]
    assert len(paths) == 2
    assert not any(path.exists() for path in paths)


def test_solutions_pass_and_exercises_are_not_attempted():
    from course.checking.exercise import every_exercise

    for folder, state in (("solutions", RIGHT), ("exercises", NOT_ATTEMPTED)):
        work = [(ROOT / folder / f"{stem}.ipynb", exercise) for stem, exercise in every_exercise()]
        for result in verdicts(work):
            assert result.state == state, result


@pytest.mark.parametrize("forged", ["{", '{"seen": {}}', '{"format": 1, "kind": "seen"}'])
def test_a_result_that_no_check_wrote_is_told_as_such(verdict, forged):
    write = f"import os, sys\nopen(sys.argv[-1], 'w').write({forged!r})\nos._exit(0)"
    result = verdict(write, ANSWER)
    assert result.state == WRONG
    assert "What was observed can't be judged" in result.messages[0]
