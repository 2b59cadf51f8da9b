"""What an answer does to Python itself, as Python tells it while it runs.

Python calls its audit hooks when code takes a frame, looks into a function's or a coroutine's
code, goes through the memory, compiles text or imports a file. Nobody can take a hook away, and a
line that is written cannot be taken back: who forges an observation leaves the way there behind.
Of modules that a check stands on, each attribute that is set is told in the same way, so that
nothing helps to put it back in time.
Source: docs.python.org/3/library/audit_events.html.
"""

import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

import sqlalchemy
from greenlet import getcurrent

from course.grading.messages import OWN_CONNECTION
from course.grading.words import BY_NAME, unusual_names, unusual_names_in
from course.project import ROOT

CELL = "<cell "  # course/checking/host.py gives the code of each cell such a file name
WATCHED = (
    "object.__", "sys._", "sys.set", "sys.addaudithook", "sys.monitoring", "gc.", "code.__new__",
    "function.__new__", "compile", "exec", "marshal.", "cpython.", "ctypes.", "pickle.", "open",
    "sqlite3.connect",
)  # fmt: skip
FROZEN = "<frozen importlib"
TELLING = ("record", "by_name", "connections", "rewriting")
WARNINGS = ("warnings.py", "_py_warnings.py")  # up to Python 3.13, and from 3.14 on
HERE = tuple(f"course/grading/{name}.py" for name in TELLING)
# Whose own work it is: measured over all known answers, and what is like it.
LIBRARIES = (
    "aiosqlite/", "anyio/", "annotationlib.py", "ast.py", "asyncio/coroutines.py",
    "asyncio/events.py", "asyncio/format_helpers.py", FROZEN, "collections/__init__.py",
    "contextlib.py", "course/", "dataclasses.py", "enum.py", "fastapi/", "functools.py", "httpx/",
    "lantern/", "logging/__init__.py", "pydantic/", "sqlalchemy/", "starlette/", "typing.py",
    "typing_extensions.py", *WARNINGS,
)  # fmt: skip
BODY = ("__code__", "__defaults__", "__kwdefaults__")
# An attribute that leads to a frame is read by these alone, for themselves.
FRAMES, TAKE_FRAMES = ("tb_frame", "ag_frame", "cr_frame", "gi_frame"), ("asyncio/", "course/")
CONNECT = ("aiosqlite/", "course/", "lantern/", "sqlalchemy/")
LOOK_ON = ("course/", "lantern/")  # at threads, for instance
# A traceback that is printed, or logged, is handed to nobody.
TRACEBACK = "traceback.py"
# It takes a frame for itself, but for one function that hands it out.
LOGGING, HANDS_OUT = "logging/__init__.py", ("currentframe", "<lambda>")
# What runs a text that it takes for a type, or for what two tables have in common.
RUN_TEXTS = (
    "annotationlib.py",
    "typing.py",
    "typing_extensions.py",
    "pydantic/",
    "sqlalchemy/orm/clsregistry.py",
)
MOST_TOLD = 100  # lines; more than are kept, and no more than a socket holds that nobody reads
PRINTS = {"print_exc", "format_exc", "print_exception", "format_exception", "print_stack"}
# A library that hands out what it finds, but for what others ask it.
INSPECT, ASKED = "inspect.py", {"_has_code_flag", "_signature_from_function", "getfile",
                                "findsource", "unwrap", "isroutine"}  # fmt: skip
OF_A_CELL, OF_A_FILE, MADE_UP = "a cell", "a file of its own", "code made up"
THE_LEARNERS = (OF_A_CELL, OF_A_FILE)
# What an answer imports from, and cannot write to.
ROOTS = (f"{Path(sqlalchemy.__file__).parent.parent}/", f"{Path(os.__file__).parent}/", f"{ROOT}/")


def whose(file: object) -> str:
    """Return the path of a library's file, or what else the code of this file is."""
    return _whose(file) if type(file) is str else OF_A_FILE


@cache
def _whose(file: str) -> str:
    if file.startswith(CELL):
        return OF_A_CELL
    if file.startswith("<"):
        return file if file.startswith(FROZEN) else MADE_UP
    root = next((root for root in ROOTS if file.startswith(root)), None)
    return file[len(root) :] if root else OF_A_FILE


class Record(NamedTuple):
    """What writes one line more, and what tells whether some function has got another body."""

    tell: Callable[[str], None]
    has_new_bodies: Callable[[], bool]


def begin(descriptor: int) -> Record:
    """Write a line, at once, for each kind of thing that the code of cells does; once for each.

    No code of the answer runs while a line is made: nothing is formatted but text of Python's own.
    """
    write, get_frame, get_ident, stat = os.write, sys._getframe, threading.get_ident, os.stat
    told, busy, system = set[str](), set[int](), stat("/proc").st_dev
    bodies: list[bool] = []  # an item for each that was given to a function
    ours = begin.__code__.co_filename

    def tell(line: str) -> None:
        if line not in told and len(told) < MOST_TOLD:
            told.add(line)
            write(descriptor, f"{line}\n".encode())

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if not event.startswith(WATCHED):
            return
        if event == "object.__setattr__" and args[1] in BODY:
            bodies.append(True)
        me = get_ident()
        if me in busy:
            return
        busy.add(me)
        try:
            caller = get_frame(1)
            if caller.f_code.co_filename is not ours:  # which ask for frames all the time
                look(event, args, caller)
        finally:
            busy.discard(me)

    def look(event: str, args: tuple[Any, ...], caller: FrameType) -> None:
        code = args[0] if event == "exec" else None
        if type(code) is CodeType and whose(code.co_filename) is OF_A_FILE:
            for name in unusual_names_in(code):
                tell(name)
        by, does = whose(caller.f_code.co_filename), caller.f_code.co_name
        if event == "compile" and by.startswith(RUN_TEXTS):
            for name in names_in(args[0]):
                tell(name)
        what = args[1] if event.startswith("object.__") else event
        if event.startswith("sqlite3."):
            if event == "sqlite3.connect" and not by.startswith(CONNECT):
                tell(OWN_CONNECTION)
            return
        if event == "open" and (by.startswith(LOOK_ON) or not of_the_system(args[0])):
            return
        if what in FRAMES and by != TRACEBACK:
            own_work = by.startswith(TAKE_FRAMES)
        elif by == TRACEBACK:
            function, by_whom = asked_for(caller)
            # A loop in debug mode notes where each callback was made.
            printed = event != "sys._getframe" and function in PRINTS
            own_work = printed or by_whom.startswith(TAKE_FRAMES)
        elif event == "sys._getframe" and by == LOGGING:
            own_work = asked_for(caller)[0] not in HANDS_OUT
        elif event == "sys._getframe" and beyond(caller, args):
            own_work = by.startswith("course/")
        else:
            own_work = by.startswith(LIBRARIES) or (by == INSPECT and does in ASKED)
        if own_work:
            return
        frame: FrameType | None = caller
        while frame and whose(frame.f_code.co_filename) not in THE_LEARNERS:
            if frame.f_code.co_name == "_call_with_frames_removed":
                return  # A library is being imported.
            frame = frame.f_back
        if frame:
            tell(what if by in THE_LEARNERS else f"{what}, through {by}")

    def beyond(caller: FrameType, args: tuple[Any, ...]) -> bool:
        """Tell whether a frame that is taken lies behind those of a cell: nobody asks for such."""
        frame, passed = caller, False
        while args and frame is not args[0] and frame.f_back:
            passed = passed or whose(frame.f_code.co_filename) in THE_LEARNERS
            frame = frame.f_back
        return passed and whose(frame.f_code.co_filename) not in THE_LEARNERS

    def names_in(text: object) -> set[str]:
        """Return the unusual names of a text that a library runs, not with a cell's builtins."""
        text = text.decode(errors="replace") if type(text) is bytes else text
        return unusual_names(text, more=BY_NAME) if type(text) is str else set()

    def of_the_system(path: object) -> bool:
        """Tell whether a file is one of /proc, where a process may read its own memory."""
        if type(path) is not str and type(path) is not bytes:
            return type(path) is not int
        try:
            return stat(path).st_dev == system
        except (OSError, ValueError):
            return False

    def asked_for(frame: FrameType) -> tuple[str, str]:
        """Return which function of a library's file was called from elsewhere, and by whom."""
        while frame.f_back and frame.f_back.f_code.co_filename == frame.f_code.co_filename:
            frame = frame.f_back
        return frame.f_code.co_name, whose(frame.f_back.f_code.co_filename) if frame.f_back else ""

    def asks(itself: bool = False) -> bool:
        frame: FrameType | None = get_frame(1)
        switched = getcurrent()
        # A package is given its modules, and `warnings` its filters, whoever asks for that.
        others = (FROZEN, *WARNINGS, "course/", *(("sqlalchemy/",) if itself else ()))
        while frame:
            by = whose(frame.f_code.co_filename)
            if by in THE_LEARNERS:
                return True
            if by not in HERE and by.startswith(others):
                return False
            frame = frame.f_back
            if frame is None and switched.parent:
                switched = switched.parent
                frame = switched.gr_frame
        return False

    Watched._asks, Watched._tell = staticmethod(asks), staticmethod(tell)
    sys.addaudithook(hook)
    return Record(tell, lambda: bool(bodies))


class Watched(ModuleType):
    """A module that tells which of its attributes are set."""

    # Whether an answer asks for what is done: by some library, or, if wanted, by itself.
    _asks: Callable[..., bool] = staticmethod(lambda itself=False: False)
    _tell: Callable[[str], None] = staticmethod(lambda _: None)

    def __setattr__(self, name: str, value: object) -> None:
        if Watched._asks():
            Watched._tell(f"{name} =")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if Watched._asks():
            Watched._tell(f"{name} =")
        super().__delattr__(name)


def overridden(instance: object) -> list[str]:
    """Take from an object what stands in the way of its class's methods; return the names."""
    names = [name for name in vars(instance) if hasattr(type(instance), name)]
    for name in names:
        del vars(instance)[name]
    return names
