"""What protects on this machine, row by row: each is tried, now, by attacks that must fail.

They run in a process that is shut in as an answer is, against a file beside its folder and against
the process that made it. An attack that gets through does no harm.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import platform
import resource
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from course.grading.appetite import threads, written
from course.grading.child import NOT_CONFINED, OF_AN_ANSWER, confine
from course.grading.confinement import FILE_SIZE, LIBC, MEMORY, Protection, end_with_parent
from course.grading.environment import NAMES
from course.grading.scratch import remove

Attack = Callable[[], object]
NOTHING_THERE = "/lantern/no such program"

LANDLOCK = "Landlock, which came with Linux 5.13 and has to be switched on"
SECCOMP = "seccomp's filters, on a processor of x86-64 or ARM64"
LIMITS = "limits that a process can be given"
A_NEW_ENVIRONMENT = "a process that was started without the grader's variables"


class Row(NamedTuple):
    """A kind of harm that is kept away, the attacks that try it, and what it takes."""

    name: str
    needs: str
    attacks: tuple[Attack, ...]

    def told(self, holds: bool) -> tuple[bool, str]:
        """Return whether it holds, and its phrase, which tells what a row lacks."""
        this = f"this is Linux {platform.release()} on {platform.machine()}"
        return holds, self.name if holds else f"{self.name} (needs {self.needs}; {this})"


def try_out(scratch: Path) -> Protection:
    """Shut a process in whose attacks must fail, and return what holds on this system."""
    outside = scratch / "outside"
    outside.touch()
    folder = Path(tempfile.mkdtemp(prefix=OF_AN_ANSWER, dir=scratch))
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            end_with_parent()
            made = rows(outside)
            os.chdir(folder)
            confine(folder, 15)
            protection = tried(made)
            be_greedy()
            os.write(writing, protection.to_json().encode() + b"\n")
            signal.pause()  # until it is ended
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        told = pipe.readline()
    greed = GREED.told(greed_is_seen(process))
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    remove(folder)
    outside.unlink(missing_ok=True)
    if not told:
        return Protection(off=[NOT_CONFINED])
    protection = Protection.from_json(told)
    protection.note(*greed)
    return protection


def tried(rows: Sequence[Row]) -> Protection:
    """Make the attacks, from a process that is shut in, and return which rows hold."""
    protection = Protection()
    for row in rows:
        protection.note(*row.told(all([_fails(attack) for attack in row.attacks])))
    return protection


# The one row that is kept from outside: by whoever watches.
GREED = Row("an end of all that it writes, and of its threads", "a kernel that counts both", ())
A_LITTLE, A_FEW = 1 << 20, 5


def be_greedy() -> None:
    """Write a little, and have a few threads that do not end."""
    Path("greedy").write_bytes(bytes(A_LITTLE))
    for _ in range(A_FEW):
        threading.Thread(target=signal.pause, daemon=True).start()


def greed_is_seen(process: int) -> bool:
    """Tell whether what the greedy process took is seen from here."""
    return written(process) >= A_LITTLE and threads(process) > A_FEW


def _fails(attack: Attack) -> bool:
    """Make an attack; tell whether the kernel refused it."""
    try:
        attack()
    except OSError as error:
        # Where there is nothing to be had, nothing was refused.
        return error.errno not in (errno.ENOENT, errno.ENOTSUP)
    except (ValueError, MemoryError):
        return True
    return False


def rows(outside: Path) -> tuple[Row, ...]:
    """Return the rows, with attacks on a file and on this process's parent; call it before."""
    other = os.getppid()
    priority = os.getpriority(os.PRIO_PROCESS, other)
    processors = os.sched_getaffinity(other)
    return (
        Row("no sight of the files of others", LANDLOCK, (
            lambda: outside.read_bytes(), lambda: os.listdir(outside.parent),
            lambda: os.listdir("/"), lambda: Path(f"/proc/{other}/environ").read_bytes(),
        )),
        Row("no file made, changed or removed outside its folder", LANDLOCK, (
            lambda: outside.open("ab").close(), lambda: os.truncate(outside, 0),
            lambda: outside.with_name("a folder").mkdir(), lambda: os.link(outside, "mine"),
            lambda: outside.rename(outside.with_name("moved")), lambda: outside.unlink(),
        )),
        Row("no mode, owner, time or attribute of a file changed", SECCOMP, (
            lambda: outside.chmod(0o600), lambda: os.chown(outside, os.getuid(), -1),
            lambda: os.utime(outside), lambda: os.setxattr(outside, "user.lantern", b""),
            lambda: os.fchmod(os.open(os.devnull, os.O_RDONLY), 0o666),
        )),
        Row("no connection and no datagram", SECCOMP, (
            lambda: socket.socket().close(),
            lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close(),
            lambda: socket.socket(socket.AF_UNIX).close(),
            lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
        )),
        Row("no process and no program started", SECCOMP, (
            _fork, lambda: os.execv(NOTHING_THERE, [NOTHING_THERE]),
        )),
        Row("no signal to other processes", SECCOMP, (
            lambda: os.kill(other, 0), lambda: os.killpg(os.getpgrp(), 0),
            lambda: fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, other),
        )),
        Row("no limit, priority or processor of other processes changed", SECCOMP, (
            lambda: resource.prlimit(other, resource.RLIMIT_CORE, (0, 0)),
            lambda: os.setpriority(os.PRIO_PROCESS, other, priority),
            lambda: os.sched_setaffinity(other, processors),
        )),
        Row("an end of its memory, its processor time and the size of a file", LIMITS, (
            lambda: mmap.mmap(-1, 2 * MEMORY), lambda: _write_at(FILE_SIZE),
            *map(_raise_limit, (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)),
        )),
        Row("no memory that its limit does not count", SECCOMP, (
            lambda: os.memfd_create("lantern"), _shared_memory,
        )),
        Row("nothing of the grader's environment", A_NEW_ENVIRONMENT, (_look_for_variables,)),
    )  # fmt: skip


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _write_at(place: int) -> None:
    with open("large", "wb", buffering=0) as file:
        file.seek(place)
        file.write(b"x")


def _raise_limit(which: int) -> Attack:
    return lambda: resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _shared_memory() -> None:
    segment = LIBC.shmget(0, mmap.PAGESIZE, 0o600)
    if segment < 0:
        raise OSError(ctypes.get_errno(), "shmget")
    LIBC.shmctl(segment, 0, None)  # remove it


def _look_for_variables() -> None:
    if set(os.environ) <= NAMES:
        raise PermissionError("there is nothing that would be the grader's")
