"""The process that workers are forked from. It takes longest to start, so it is started first.

Hence little is imported here: `python -m course grade` begins with it, and imports the rest of
the grader meanwhile.
"""

import atexit
import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import TYPE_CHECKING

from course.failure import CannotContinue
from course.project import ROOT

if TYPE_CHECKING:
    from course.grading.confinement import Protection

ANSWER_TIME = 30.0  # seconds that a worker may take beyond the time of the answer it runs


class ForkServer:
    """The process that has everything imported, and forks workers; started anew when it ends."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="lantern-grade-")
        self.lock = threading.Lock()
        self.closed = False
        self.start()

    def start(self) -> None:
        """Start the process; it takes workers from now on, and makes them once it is ready."""
        self.control, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "course.grading.worker", self.folder.name, str(theirs.fileno())],
            cwd=ROOT,
            # Few pools of memory: with one for each thread the limit would be used up by them.
            env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            # Ctrl-C is for the grader, which then ends all of them.
            start_new_session=True,
        )
        theirs.close()

    @functools.cached_property
    def protection(self) -> "Protection":
        """What it protects from, which it says when it is ready.

        Raises CannotContinue if it can't start.
        """
        from course.grading.confinement import Protection

        self.control.settimeout(ANSWER_TIME)
        with self.control.makefile("rb") as stream:
            line = stream.readline()
        if not line:
            raise CannotContinue(
                "The process that runs answers could not start; what it said stands above."
            )
        return Protection(**json.loads(line))

    def new_worker(self) -> socket.socket:
        """Return the channel of a new worker; a server that has ended is started anew."""
        ours, theirs = socket.socketpair()
        with self.lock, theirs:
            try:
                socket.send_fds(self.control, [b"worker"], [theirs.fileno()])
            except OSError:
                if not self.closed:
                    self._end()
                    self.start()
                    socket.send_fds(self.control, [b"worker"], [theirs.fileno()])
        return ours

    def close(self) -> None:
        """End the process, its workers, and whatever they run."""
        self.closed = True
        self._end()
        with contextlib.suppress(OSError):
            self.folder.cleanup()

    def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.control.close()


_ahead: list[ForkServer] = []


def start_ahead() -> None:
    """Start one for the first who asks; without anybody it ends with this process."""
    if sys.platform == "linux":
        server = ForkServer()
        atexit.register(server.close)
        _ahead.append(server)


def fork_server() -> ForkServer:
    """Return the one that was started ahead, or else a new one; the caller closes it."""
    if not _ahead:
        return ForkServer()
    server = _ahead.pop()
    atexit.unregister(server.close)
    return server
