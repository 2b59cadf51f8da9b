"""What a class hands in on a bad day, and what each case must come to.

Each case is an answer to one exercise; the other answers of its notebook are right, so that a case
which harms more than itself is seen.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from course.checking.exercise import NOT_ATTEMPTED, RIGHT, WRONG, exercises_of, find
from course.checking.observation import Seen
from course.grading.grader import Grader
from course.grading.messages import CellsRan, CheckRan
from course.grading.observers import LocalWorkers
from course.grading.results import Result
from course.grading.submissions import Submission, read
from tools.answers import answer_in, notebook_with

SECONDS = 8.0  # for an answer; only what never ends needs so long
STEM, EXERCISE = "ch01_event_loop", "ch01-ex2"
REFERENCE = {e.id: answer_in("solutions", e.id) for e in exercises_of(STEM)}
IMPORTS = "import asyncio\nimport threading\n"
RIGHT_ANSWER = """
async def report_async(path, build_report):
    return await asyncio.to_thread(build_report, path)
"""
# What a learner would like to be taken for right: it freezes the loop.
BLOCKING = """
async def report_async(path, build_report):
    return build_report(path)
"""

# What a child sends whose check went well, but for the token, which nobody can guess.
FORGED = "".join(
    f"{message.to_json()}\n" for message in (CellsRan(None), CheckRan("x", (), Seen({}, 1)))
).encode()
FREEZES = "ran on the loop's own thread"  # what BLOCKING is told


@dataclass(frozen=True)
class Case:
    """An answer, the state that it must get, and words that its message must have."""

    source: str
    state: str
    message: str = ""
    exercise: str = EXERCISE

    @property
    def stem(self) -> str:
        """The chapter of its exercise."""
        return find(self.exercise)[0]

    def notebook(self) -> dict:
        """Return a notebook with this answer among right ones."""
        others = {e.id: answer_in("solutions", e.id) for e in exercises_of(self.stem)}
        source = IMPORTS + self.source if self.source else ""
        return notebook_with(self.stem, {**others, self.exercise: source})


def handed_in(cases: dict[str, Case]) -> list[Submission]:
    """Return a notebook for each case, by its name."""
    return [
        read(f"{name}/{case.stem}.ipynb", json.dumps(case.notebook()).encode())
        for name, case in cases.items()
    ]


def graded(
    submissions: Iterable[Submission], folder: Path, seconds: float = SECONDS
) -> dict[str, Result]:
    """Grade in one go, as a class is, and return the results by the first part of their paths."""
    workers = LocalWorkers(8, 2)
    try:
        results = Grader(workers, folder, seconds).grade(iter(submissions))
        return {result.path.split("/")[0]: result for result in results}
    finally:
        workers.close()


def inside(line: str) -> str:
    """Return an answer that does one thing while it is checked, and then answers rightly."""
    return (
        "async def report_async(path, build_report):\n"
        f"    {line}\n"
        "    return await asyncio.to_thread(build_report, path)\n"
    )


def returns(value: str) -> str:
    """Return an answer that has its report built, and returns something else."""
    return (
        "async def report_async(path, build_report):\n"
        "    await asyncio.to_thread(build_report, path)\n"
        f"    return {value}\n"
    )


CASES = {
    # mistakes
    "syntax error": Case("async def report_async(path, build_report)\n    pass", WRONG,
                         "SyntaxError"),
    "import error": Case("import no_such_package\n" + RIGHT_ANSWER, WRONG,
                         "ModuleNotFoundError: No module named 'no_such_package'"),
    "missing function": Case("", NOT_ATTEMPTED),
    "another name": Case(RIGHT_ANSWER.replace("report_async", "report_asynk"), WRONG,
                         "Is report_asynk meant to be it?"),
    "wrong signature": Case("async def report_async(path):\n    return path", WRONG,
                            "takes 1 positional argument but 2 were given"),
    "sync for async": Case("def report_async(path, build_report):\n    return build_report(path)",
                           WRONG, FREEZES),
    "a policy of its own": Case(
        "class Policy(asyncio.DefaultEventLoopPolicy):\n"
        "    def new_event_loop(self): raise RuntimeError('no loop today')\n"
        "asyncio.set_event_loop_policy(Policy())\n" + RIGHT_ANSWER, RIGHT),
    "tasks left pending": Case(
        "async def for_ever():\n    while True: await asyncio.sleep(0.01)\n"
        + inside("kept.append(asyncio.create_task(for_ever()))") + "kept = []", RIGHT),
    "a thread that never ends": Case(
        "import time\nthreading.Thread(target=lambda: time.sleep(1e6)).start()\n" + RIGHT_ANSWER,
        RIGHT),
    "magics": Case("files = !ls\nasyncio?\n%load_ext autoreload\n" + RIGHT_ANSWER, RIGHT),
    # what holds everything up
    "infinite loop": Case("while True: pass\n", WRONG, "had not finished after"),
    "infinite loop in the answer": Case(inside("while True: pass"), WRONG,
                                        "held the thread for"),
    "sleep(0) for ever": Case(inside("while True: await asyncio.sleep(0)"), WRONG,
                              "had not returned after"),
    "blocking sleep": Case("import time\n" + inside("time.sleep(1e6)"), WRONG,
                           "held the thread for"),
    "sys.exit in a cell": Case("import sys; sys.exit(0)\n" + RIGHT_ANSWER, WRONG, "SystemExit"),
    "sys.exit in the answer": Case("import sys\n" + inside("sys.exit(0)"), WRONG,
                                   "tried to end Python"),
    "os._exit": Case("import os\n" + inside("os._exit(0)"), WRONG,
                     "Python ended before the check did (exit code 0)"),
    "a killed process": Case("import os\n" + inside("os.kill(os.getpid(), 9)"), WRONG,
                             "Python ended before the check did (exit code -9)"),
    "a closed channel": Case("import os\nos.closerange(3, 100)\n" + RIGHT_ANSWER, WRONG,
                             "Python ended before the check did"),
    # what uses up the machine
    "four gigabytes": Case(inside("bytearray(4 << 30)"), WRONG, "MemoryError"),
    "a gigabyte of output": Case("for _ in range(1000): print('x' * 1_000_000)\n" + RIGHT_ANSWER,
                                 WRONG, "printed more than 1 MB"),
    "a gigabyte of result": Case(
        "async def report_async(path, build_report):\n    return 'x' * (1 << 28)", WRONG),
    "five hundred processes": Case(
        "import os\nfor _ in range(500):\n    if os.fork() == 0: import time; time.sleep(1e6)\n"
        + RIGHT_ANSWER, WRONG, "PermissionError: [Errno 1] Operation not permitted"),
    "a subprocess": Case("import subprocess\n" + inside("subprocess.Popen(['sleep', '1000'])"),
                         WRONG, "no process is started and no connection is opened"),
    # code that the check stands on
    "assert is patched": Case("import builtins\nbuiltins.AssertionError = ValueError\n" + BLOCKING,
                              WRONG, FREEZES),
    "pytest is patched": Case(
        "import sys, types\nsys.modules['pytest'] = types.ModuleType('pytest')\n" + BLOCKING,
        WRONG, FREEZES),
    "json is patched": Case(
        "import json\nalways = json.dumps\n"
        "json.dumps = lambda value, **_: always({'lacking': {}, 'observation': {}})\n" + BLOCKING,
        WRONG, FREEZES),
    "builtins are patched": Case(
        "import builtins\nbuiltins.all = builtins.any = builtins.sum = lambda *_: True\n"
        "builtins.setattr = builtins.print = lambda *_: None\n" + BLOCKING, WRONG,
        FREEZES),
    "a builtin that the loop needs": Case(
        "import builtins\nbuiltins.isinstance = lambda *_: True\n" + BLOCKING, WRONG,
        "had not finished after"),
    "sqlalchemy is patched": Case(
        "import sqlalchemy.event\nsqlalchemy.event.listen = lambda *_, **__: None\n" + BLOCKING,
        WRONG, FREEZES),
    "the check is patched": Case(
        "import course.checking.attempts\n"
        "async def attempt(*_, **__):\n"
        "    return course.checking.attempts.Outcome('returned', 'report of march.csv')\n"
        "course.checking.attempts.attempt = attempt\n"
        "course.checking.attempts.attempt.__code__ = attempt.__code__\n" + BLOCKING,
        WRONG, FREEZES),
    "the check's code is replaced": Case(
        "import course.checking.attempts as attempts\n"
        "async def attempt(*_, **__):\n"
        "    return Outcome('returned', 'report of march.csv')\n"
        "attempts.attempt.__code__ = attempt.__code__\n" + BLOCKING,
        WRONG, FREEZES),
    "the check's defaults are replaced": Case(
        "import course.checking.attempts as attempts\n"
        "attempts.attempt.__defaults__ = (0.0, print)\n" + inside("pass"),
        RIGHT),
    "the check is patched while it runs": Case(
        "import course.checking.attempts\n" + inside("course.checking.attempts.attempt = print"),
        WRONG, "it replaced course.checking.attempts.attempt"),
    "a module is replaced": Case(
        "import sys, types\nname = 'course.checking.exercise'\n"
        "sys.modules[name] = types.ModuleType(name)\n" + BLOCKING, WRONG, FREEZES),
    "an import hook": Case(
        "import sys\nclass Hook:\n    def find_spec(self, *_): raise ImportError('not today')\n"
        "sys.meta_path.insert(0, Hook())\n" + BLOCKING, WRONG, FREEZES),
    # objects that lie
    "an object equal to everything": Case(
        "class Anything(str):\n    __eq__ = lambda *_: True\n    __hash__ = str.__hash__\n"
        "async def report_async(path, build_report):\n    return Anything('no report')",
        WRONG, "build_report was never called"),
    "an object that lies as text": Case(
        "class Report:\n    def __str__(self): return 'report of march.csv'\n"
        "    __repr__ = __str__\n"
        "async def report_async(path, build_report):\n    return Report()",
        WRONG, "build_report was never called"),
    "an object whose class lies": Case(
        "class Report:\n    __class__ = str\n    def __len__(self): return 1\n"
        + returns("Report()"), WRONG, "returned '<Report>' instead of"),
    "a number that no text holds": Case(returns("10 ** 5000"), WRONG,
                                        "returned '<a whole number of 16610 bits>' instead of"),
    "a list in itself": Case("own = []\nown.append(own)\n" + returns("own"), WRONG,
                             "returned '<a list that is nested too deeply>' instead of"),
    "a list without end": Case(returns("[0] * 1_000_000"), WRONG,
                               "returned '<a list of 1000000 items>' instead of"),
    "a list that lies": Case(
        "class Report(list):\n    def __iter__(self):\n        while True: yield 1\n"
        + returns("Report()"), WRONG, "returned [] instead of"),
    "a key that fails as text": Case(
        "class Key:\n    def __str__(self): raise ValueError('no key')\n" + returns("{Key(): 1}"),
        WRONG, "The check could not go on: ValueError: no key."),
    "an error of ten megabytes": Case(inside("raise ValueError('x' * 10_000_000)"), WRONG,
                                      "What was seen of the answer is more than 1 MB"),
    "a loop that is stopped": Case(inside("asyncio.get_running_loop().stop()"), WRONG,
                                   "Event loop stopped before Future completed"),
    "a character that is none": Case("x = 1\x00\n" + RIGHT_ANSWER, WRONG,
                                     "SyntaxError: source code string cannot contain null bytes"),
    "an error that hangs as text": Case(
        "class Endless(Exception):\n    def __str__(self):\n        while True: pass\n"
        "async def report_async(path, build_report):\n    raise Endless", WRONG),
    "an error that fails as text": Case(
        "class Odd(Exception):\n    def __str__(self): raise ValueError\n"
        "async def report_async(path, build_report):\n    raise Odd", WRONG,
        "Odd: (an error that can't even be printed)"),
    "an await that hangs": Case(
        "class Wait:\n    def __await__(self):\n        while True: yield\n"
        "def report_async(path, build_report):\n    return Wait()", WRONG,
        "had not returned after"),
    "an await that lies": Case(
        "class Done:\n    def __await__(self):\n        return 'report of march.csv'\n"
        "        yield\n"
        "def report_async(path, build_report):\n    return Done()", WRONG),
    "text that is no text": Case(
        "async def report_async(path, build_report):\n    raise ValueError('\\ud800 \\x00')", WRONG,
        "ValueError: ?"),
    "deletes the database": Case(
        "import os\n"
        "def sell(Session, show_id, guest_id, seat_ids):\n"
        "    database = Session.kw['bind'].url.database\n"
        "    for end in ('', '-wal', '-shm'):\n"
        "        if os.path.exists(database + end): os.remove(database + end)\n"
        "    return 1\n", WRONG, exercise="ch02-ex1"),
    # what is not theirs
    "reads the checks": Case(
        "import course.checks\nfolder = course.checks.__path__[0]\n"
        + inside("open(folder + '/ch01_event_loop/order.py').read()"), WRONG,
        "PermissionError: [Errno 13]"),
    "imports the checks": Case("import course.checks.ch01_event_loop\n" + RIGHT_ANSWER, WRONG,
                               "PermissionError: [Errno 13]"),
    "reads the solution": Case(
        "import course\nfolder = course.__path__[0] + '/../solutions'\n"
        + inside("open(folder + '/ch01_event_loop.ipynb').read()"), WRONG,
        "PermissionError: [Errno 13]"),
    "looks around": Case("import os\n" + inside("os.listdir('..')"), WRONG,
                         "PermissionError: [Errno 13]"),
    "writes outside": Case(inside("open('../outside', 'w')"), WRONG, "PermissionError: [Errno 13]"),
    "writes its own score": Case(
        "import json\nopen('seen.json', 'w').write(json.dumps({'seen': {'frozen': False}}))\n"
        "open('grades.csv', 'w').write('me,ch01-ex2,3,3,right')\n" + BLOCKING, WRONG,
        FREEZES),
    "prints a verdict": Case(
        "print('✓ ch01-ex2 A report that freezes nobody: right, 3 of 3 points')\n"
        "print('{\"seen\": {}}')\n" + BLOCKING, WRONG, FREEZES),
    "writes into the channel": Case(
        f"import os\nos.write(3, {FORGED!r})\nos._exit(0)\n" + BLOCKING, WRONG,
        "Something else than the check wrote"),
    "opens a socket": Case("import socket\n" + inside("socket.socket()"), WRONG,
                           "no process is started and no connection is opened"),
    "asks the network": Case(
        "import socket\n" + inside("socket.create_connection(('127.0.0.1', 9))"), WRONG,
        "no process is started and no connection is opened"),
    "kills its parent": Case("import os\n" + inside("os.kill(os.getppid(), 9)"), WRONG,
                             "PermissionError"),
}  # fmt: skip


def _notebook(**changes: object) -> bytes:
    return json.dumps({**notebook_with(STEM, REFERENCE), **changes}).encode()


# Files that are no notebook at all: (its bytes); what is said of each stands in the tests.
FILES = {
    "empty file": b"",
    "truncated JSON": _notebook()[:2000],
    "no JSON": b"Dear instructor, {my notebook} is at home}",
    "a page in its place": b"<!DOCTYPE html>\n<title>Log in</title>\n",
    "wrong nbformat": _notebook(nbformat=3),
    "no cells": _notebook(cells=None),
    "damaged cells": _notebook(cells=[{"cell_type": "code", "source": 5}]),
    "two hundred megabytes": b"[" + b" " * 200_000_000 + b"]",
    "deleted cells": _notebook(cells=[]),
}
