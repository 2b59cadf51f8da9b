"""Which line of the project's own code is at work: not a library's, not pytest's, not ours."""

import asyncio
import sys
import sysconfig
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from lantern.plugin.findings import Place

OURS = str(Path(__file__).parent.parent)
LIBRARIES = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")}
)
PACKAGES = {"site-packages", "dist-packages"}
TESTS = {"test", "tests", "testing"}
CALLBACK = asyncio.Handle._run.__code__  # what a loop runs, it runs here

root = Path.cwd()  # set when a run begins: paths are told from here
boundary: CodeType | None = None  # what stands between a request and its sender; see requests.py


def frames() -> Iterator[FrameType]:
    """Yield the frames of the caller, innermost first, across greenlets.

    Of a request only its own, and not those of the test that sent it; of a loop's callback not
    those of who runs the loop.
    """
    frame: FrameType | None = sys._getframe(1)
    module = sys.modules.get("greenlet")
    greenlet: Any = module.getcurrent() if module else None
    while frame is not None:
        code = frame.f_code
        if code is boundary or code is CALLBACK:
            return
        yield frame
        frame = frame.f_back
        if frame is None and greenlet is not None:
            greenlet = greenlet.parent
            frame = greenlet.gr_frame if greenlet is not None else None


def place(stack: Iterator[FrameType] | None = None) -> Place | None:
    """Return the innermost line of the project's own code, if there is one."""
    for frame in frames() if stack is None else stack:
        if is_theirs(frame.f_code.co_filename):
            return place_of(frame.f_code, frame.f_lineno)
    return None


def place_of(code: Any, line: int) -> Place:
    """Return a line of some code, as it is told: from the project's root."""
    file, in_tests = _told(code.co_filename)
    return Place(file, line, code.co_qualname.split("<locals>.")[-1], in_tests)


def place_at(file: str, line: int, function: str) -> Place:
    """Return a line, as it is told, of which no more than this is known."""
    file, in_tests = _told(file)
    return Place(file, line, function, in_tests)


def place_of_function(function: Callable[..., Any] | None) -> Place | None:
    """Return where a function begins, if it is the project's own."""
    code = getattr(function, "__code__", None)
    if code is None or not is_theirs(code.co_filename):
        return None
    return place_of(code, code.co_firstlineno)


def calls(*names: str) -> bool:
    """Tell whether a library's function of one of these names is being called."""
    return any(
        frame.f_code.co_name in names and not is_theirs(frame.f_code.co_filename)
        for frame in frames()
    )


@cache
def is_theirs(file: str) -> bool:
    """Tell whether a file is the project's own."""
    return not (file.startswith(("<", OURS, *LIBRARIES)) or PACKAGES.intersection(Path(file).parts))


@cache
def _told(file: str) -> tuple[str, bool]:
    path = Path(file)
    if path.is_relative_to(root):
        path = path.relative_to(root)
        folders = path.parts[:-1]
    else:
        folders = path.parts[-2:-1]
    name = path.name
    in_tests = (
        name == "conftest.py"
        or name.startswith("test_")
        or path.stem.endswith("_test")
        or bool(TESTS.intersection(folders))
    )
    return path.as_posix(), in_tests
