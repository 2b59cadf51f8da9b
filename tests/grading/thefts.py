"""Answers that look for the check, or take the place of what it stands on.

Each must stand under *Worth a look*, whatever becomes of its points. Who writes one has read the
grader's source: of a check nothing is secret but the case that it draws.
"""

from course.checking.exercise import RIGHT, WRONG
from tests.grading.hostile import BLOCKING, FREEZES, RIGHT_ANSWER, Case

FAKE = "def fake(*_, **__): return None"


def patched(line: str, *before: str) -> Case:
    """Return a cell that does something to the loop, and an answer that freezes it."""
    first = "import asyncio\nloop = asyncio.get_running_loop()"
    return Case("\n".join((first, *before, line, BLOCKING)), WRONG, FREEZES)


def looked(line: str, *before: str, state: str = RIGHT, message: str = "") -> Case:
    """Return a right answer that looks for something of the check while it is checked."""
    return Case("\n".join((
        "import asyncio, sys", *before, "async def report_async(path, build_report):",
        f"    {line}", "    return await asyncio.to_thread(build_report, path)",
    )), state, message)  # fmt: skip


def magic(line: str) -> Case:
    """Return an answer that takes a frame, below a line that is not Python."""
    return Case(f"{line}\nimport sys\n{looked('sys._getframe(1)').source}", RIGHT)


THEFTS = {
    # an instance in place of its class
    "the loop's run_until_complete": patched("loop.run_until_complete = fake", FAKE),
    "the same by setattr": patched("setattr(loop, 'run_until_complete', fake)", FAKE),
    "the same with a name that is put together": patched(
        "setattr(loop, 'run_until_' + 'complete', fake)", FAKE),
    "the same in its dictionary": patched("loop.__dict__['run_until_complete'] = fake", FAKE),
    "the same by vars": patched("vars(loop).update(run_until_complete=fake)", FAKE),
    "the same by object": patched("object.__setattr__(loop, 'run_until_complete', fake)", FAKE),
    "the same by a library": patched(
        "functools.update_wrapper(loop, Holder, assigned=['run_' + 'until_complete'])",
        "import functools", FAKE, "class Holder: run_until_complete = fake"),
    "the same by a mock": patched(
        "mock.patch.object(loop, 'run_until_complete', fake).start()",
        "from unittest import mock", FAKE),
    "the loop's time": patched("loop.time = lambda: 0.0"),
    "a factory of tasks": patched(
        "loop.set_task_factory(lambda loop, coroutine, **_: asyncio.Task(coroutine, loop=loop))"),
    # on a line that does not parse, and after one
    "behind a magic": magic("%time 1"),
    "in a magic": magic("%%time"),
    # the call stack
    "a frame": looked("sys._getframe(1).f_back"),
    "a frame with a name that is put together": looked("getattr(sys, '_get' + 'frame')(1)"),
    "a frame by vars": looked("vars(sys)['_get' + 'frame'](1)"),
    "a frame by format's way": looked("sys.__dict__['_get' + 'frame'](1)"),
    "all frames": looked("sys._current_frames()"),
    "a frame of an error": looked("frame()", "def frame():", "    try: 1 / 0",
                                  "    except Exception as e: return e.__traceback__.tb_frame"),
    "a frame of an error, put together": looked(
        "frame()", "def frame():", "    try: 1 / 0",
        "    except Exception as e:",
        "        return getattr(getattr(e, '__trace' + 'back__'), 'tb_' + 'frame')"),
    "a frame by pattern": looked(
        "frame()", "def frame():", "    try: 1 / 0", "    except Exception as e:",
        "        match e:", "            case Exception(__traceback__=found): return found"),
    "a frame by the handler of a signal": looked(
        "signal.signal(signal.SIGUSR1, lambda number, frame: frame.f_back.f_locals)",
        "import signal"),
    "a frame by inspect": looked("stack()", "from inspect import stack"),
    "a frame by inspect, found by name": looked(
        "importlib.import_module('ins' + 'pect').stack()", "import importlib"),
    "a frame by traceback": looked(
        "list(importlib.import_module('trace' + 'back').walk_stack(None))", "import importlib"),
    "a coroutine's frame": looked("asyncio.current_task().get_coro().cr_frame"),
    "a coroutine's frame, put together": looked(
        "getattr(getattr(asyncio.current_task(), 'get_' + 'coro')(), 'cr_' + 'frame')"),
    "the stacks of all tasks": looked("[task.get_stack() for task in asyncio.all_tasks()]"),
    "a locals of a namesake": looked(
        "TypeAdapter('exercise', _parent_depth=6)", "from pydantic import TypeAdapter"),
    # memory
    "all objects": looked("gc.get_objects()", "import gc"),
    "all objects, found by name": looked(
        "getattr(importlib.import_module('g' + 'c'), 'get_' + 'objects')()", "import importlib"),
    "who refers to it": looked("importlib.import_module('g' + 'c').get_referrers(build_report)",
                               "import importlib"),
    "all classes": looked("object.__subclasses__()"),
    "all classes, put together": looked("getattr(object, '__sub' + 'classes__')()"),
    "all that was imported": looked("sys.modules['course.checking.host']"),
    "all that was imported, put together": looked("getattr(sys, 'mod' + 'ules')"),
    # what it is handed
    "the closure of what it is handed": looked(
        "[cell.cell_contents for cell in build_report.__closure__ or ()]"),
    "its closure, put together": looked("getattr(build_report, '__clo' + 'sure__')"),
    "its globals": looked("build_report.__globals__"),
    "whose method it is": looked("getattr(build_report, '__self__', None)"),
    "its code": looked("build_report.__code__"),
    "its code by a library": looked("attrgetter('__co' + 'de__')(build_report)",
                                    "from operator import attrgetter"),
    "the context": looked("import_module('contextvars').copy_context().items()",
                          "from importlib import import_module"),
    # code that is not in a cell
    "a text that is run": looked("exec('import sys; sys._get' + 'frame(1)')"),
    "a text that is run by another name": looked(
        "run('import sys; sys._get' + 'frame(1)')", "import builtins",
        "run = getattr(builtins, 'ex' + 'ec')"),
    "a text that a library runs": looked("timeit.timeit('1 + 1', number=1)", "import timeit"),
    "a module of its own": looked(
        "mine.look()",
        "open('mine.py', 'w').write('import sys\\ndef look(): return sys._getframe(1)')",
        "sys.path.insert(0, '.')", "import mine"),
    "code made anew": looked(
        "type(lambda: 0)((lambda: 0).__code__.replace(co_filename='<string>'), {})()"),
    "a hook of its own": looked("sys.addaudithook(lambda *_: None)"),
    "a trace": looked("sys.settrace(None)"),
    "at the end of the stack": looked(
        "deep()", "def deep():\n    try:\n        return deep()\n    except RecursionError:\n"
        "        return sys._getframe(1)"),
    # the record itself
    "the record is flooded": looked(
        "os.write(4, b'nothing\\n' * 20_000)", "import os", state=WRONG,
        message="had not finished"),
    "the record goes elsewhere": looked(
        "os.dup2(os.open('elsewhere', os.O_RDWR | os.O_CREAT), 4)", "import os", state=WRONG,
        message="Something else than the check wrote"),
    "the record is closed": looked(
        "os.close(4)", "import os", state=WRONG, message="Python ended before the check did"),
    # what belongs to others, replaced before the check
    "json before the check": Case("import json\njson.dumps = print\n" + RIGHT_ANSWER, RIGHT),
    "a constant before the check": Case(
        "import course.checking.attempts as attempts\nattempts.PATIENCE = 1e9\n" + RIGHT_ANSWER,
        RIGHT),
    "an observation of its own": Case(
        "from course.checking.observation import Seen\nimport asyncio\n"
        "loop = asyncio.get_running_loop()\n"
        "loop.run_until_complete = lambda task: Seen({'seen': 'all is well'}, 1)\nreport_async = 1",
        WRONG),
}  # fmt: skip
# Those need no look: nothing of them can count, and the record may be what is gone.
FOR_NOTHING = {"the record is flooded", "the record goes elsewhere", "the record is closed"}
