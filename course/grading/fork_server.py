"""The process that workers are forked from, and its handle.

`python -m course.grading.fork_server FOLDER DESCRIPTOR`, on Linux

It imports what checks need, shuts itself in so that no child can ask it for more freedom than
the child has, and says so in a line to the socket of that descriptor: its Protection. Each socket
that it then receives there gets a worker, a fork of it.

It takes longest to start, so it is started first. Hence little is imported here: the command
begins with it, and imports the rest of the grader meanwhile.
"""

import atexit
import contextlib
import functools
import gc
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from course.failure import CannotContinue
from course.grading.environment import environment
from course.grading.scratch import Scratch
from course.project import ROOT

if TYPE_CHECKING:
    from course.grading.confinement import Protection

MODULE = "course.grading.fork_server"
START_TIME = 30.0  # seconds until it is ready, on a busy machine


class ForkServer:
    """The process that has everything imported, and forks workers; started anew when it ends."""

    def __init__(self) -> None:
        self.folder = Scratch()
        self.lock = threading.Lock()
        self.closed = False
        self.start()

    def start(self) -> None:
        """Start the process; it takes workers from now on, and makes them once it is ready."""
        self.control, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [sys.executable, "-m", MODULE, self.folder.name, str(theirs.fileno())],
            cwd=ROOT,
            # Few pools of memory: with one for each thread the limit would be used up by them.
            env={**environment(self.folder.name), "MALLOC_ARENA_MAX": "2"},
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

        self.control.settimeout(START_TIME)
        with self.control.makefile("rb") as stream:
            line = stream.readline()
        if not line:
            raise CannotContinue(
                "The process that runs answers could not start; what it said stands above."
            )
        return Protection.from_json(line)

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


# --- in the process -------------------------------------------------------------------------


def main(folder: str, descriptor: str) -> None:
    """Fork workers until the socket is closed."""
    # What is imported now stays: to look for garbage in it takes time here, and in every child,
    # which copies whatever the collector touches.
    gc.disable()
    scratch = Path(folder).resolve()
    tempfile.tempdir = str(scratch)
    # SQLite asks once, here, where its temporary files go: to the folder that a child is in.
    os.environ["SQLITE_TMPDIR"] = "."
    # httpx brings its own command line along, and click and rich with it, wherever it finds them.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    from course.grading import attacks, check_code, confinement, worker
    from course.grading.by_name import watch_readers
    from course.grading.connections import watch_connections
    from course.grading.pristine import Pristine
    from course.grading.record import Watched
    from course.grading.rewriting import watch_rewriting

    checks = check_code.load_checks()
    warm_up()
    # A fork takes along only the thread that forks; those of the drivers end in a moment.
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(5)
    protection = attacks.try_out(scratch)
    # Each child may see its own part of /proc, and has to be allowed it here as well.
    readable = [*confinement.python_needs(), Path("/proc")]
    confinement.hide_files(readable, [scratch, Path(os.devnull)])
    # A learner's import shall not find the grader.
    for name in [name for name in sys.modules if name.startswith("course.grading")]:
        del sys.modules[name]
    watch_connections()
    watch_readers()
    watch_rewriting()
    pristine = Pristine()
    for module in pristine.modules.values():
        module.__class__ = Watched
    gc.freeze()
    gc.enable()
    # Nobody waits for the end of a worker.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(descriptor)) as control:
        control.sendall(protection.to_json().encode() + b"\n")
        while channels := received(control):
            if os.fork() == 0:
                control.close()
                worker.serve(socket.socket(fileno=channels[0]), scratch, checks, pristine)
                os._exit(0)
            os.close(channels[0])


def warm_up() -> None:
    """Use the libraries once: what they prepare at first use is then there for every child."""
    import asyncio

    from fastapi import FastAPI

    from lantern import client
    from lantern.theatre import audit, make_engine, make_sync_engine, seed, seed_sync

    async def use() -> None:
        app, engine, sync_engine = FastAPI(), make_engine(), make_sync_engine()
        seed_sync(sync_engine, capacity=1)
        sync_engine.dispose()
        await seed(engine, capacity=1)
        await audit(engine)
        await engine.dispose()
        async with client(app) as http:
            await http.get("/")

    asyncio.run(use())


def received(control: socket.socket) -> list[int]:
    """Return the descriptor that was sent, and nothing once the other side is closed."""
    try:
        return socket.recv_fds(control, 100, 1)[1]
    except ConnectionError:
        return []


# --- started ahead --------------------------------------------------------------------------

# Getting ready takes 0.9 s of a processor, and the rest of the command's imports 0.5 s, which on
# two cores pass meanwhile. `grade` on 20 right notebooks takes 0.95 of the time that it takes
# started later: the median of 24 pairs of runs, on two cores with work for ten.
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


if __name__ == "__main__":
    main(*sys.argv[1:])
