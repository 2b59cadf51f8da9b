"""What runs in the process that is thrown away: a learner's cells, and then the check's observe.

The check is not in this process, nor can it be read from here, until the cells have run: it comes
over the channel afterwards, and the code that it stands on is put back first.
"""

import asyncio
import importlib
import importlib.abc
import json
import marshal
import os
import socket
import sys
import tempfile
import types
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from course.checking import host
from course.checking.exercise import Exercise
from course.grading import confinement
from course.grading.pristine import Pristine

CHANNEL = 3  # the file descriptor
UNCONFINED = 70  # exit code of a child that could not be shut in


def confine(folder: Path, seconds: float) -> confinement.Protection:
    """Shut this process into a folder, for good, and say what holds from here on."""
    protection = confinement.Protection()
    protection.note(confinement.limit(seconds), "limits on memory, time and file size")
    hidden = confinement.hide_files(confinement.python_needs(), [folder, Path(os.devnull)])
    protection.note(hidden, "no sight of other files")
    protection.note(confinement.refuse_calls(), "no connections, no processes")
    return protection


def run(
    request: dict[str, Any], folder: Path, channel: int, printed: int, pristine: Pristine
) -> NoReturn:
    """Serve one request over a channel, with what is printed going to `printed`.

    Both are file descriptors, and the only ones of its parent that are kept. Never returns.
    """
    confinement.end_with_parent()
    os.setsid()
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.dup2(channel, CHANNEL)
    os.closerange(CHANNEL + 1, confinement.OPEN_FILES * 4)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    try:
        confine(folder, request["seconds"])
    except OSError:
        os._exit(UNCONFINED)
    with socket.socket(fileno=CHANNEL) as wire, wire.makefile("rwb") as stream:
        _serve(request, stream, pristine)
    sys.stdout.flush()
    # Threads and tasks that the cells left behind must not keep the process alive.
    os._exit(0)


def _serve(request: dict[str, Any], stream: BinaryIO, pristine: Pristine) -> None:
    with asyncio.Runner() as runner:
        runner.get_loop()  # now, so that a policy that a cell sets comes too late
        space, errors = host.run_cells(runner, request["cells"])
        pristine.restore()
        seen = host.what_is_missing(request["answers"], space)
        _send(stream, {**seen, "errors": errors})
        if seen:
            return
        exercise, token = _receive_check(stream, request["stem"], request["exercise"])
        seen = runner.run(host.observation(exercise, space, request["seed"]))
        _send(stream, {**seen, "replaced": pristine.restore(), "token": token})


def _send(stream: BinaryIO, message: dict[str, Any]) -> None:
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


def _receive_check(stream: BinaryIO, stem: str, name: str) -> tuple[Exercise, str]:
    """Return the exercise from the modules that come over the channel, and the token with it."""
    header = json.loads(stream.readline())
    sys.meta_path.insert(0, _Received(marshal.loads(stream.read(header["size"]))))
    module = importlib.import_module(f"course.checks.{stem}")
    [exercise] = [exercise for exercise in module.EXERCISES if exercise.id == name]
    return exercise, header["token"]


class _Received(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a chapter's checks from code by the names of their modules."""

    def __init__(self, code: dict[str, types.CodeType]) -> None:
        self.code = code

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Answer for the modules that were received, and for no other."""
        if name not in self.code:
            return None
        is_package = any(other.startswith(f"{name}.") for other in self.code)
        return ModuleSpec(name, self, is_package=is_package)

    def exec_module(self, module: types.ModuleType) -> None:
        """Run a module's code in it."""
        exec(self.code[module.__name__], vars(module))
