"""Answers that would harm others or the machine, and what each must come to.

`python -m tests.grading.harms RESULTS` grades them as a class, and writes what became of each and
of what they aimed at. It is a program, so that it can be run as another user.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from course.checking.exercise import RIGHT, WRONG
from course.grading.child import OF_AN_ANSWER
from course.grading.grader import Grader
from course.grading.observers import LocalWorkers
from tests.grading.hostile import RIGHT_ANSWER, SECONDS, Case, handed_in, inside

TOKEN = "a-secret-of-the-instructor"
# Of the user who grades, and beside the folders of the answers.
VICTIM = str(Path(tempfile.gettempdir(), "lantern-victim"))
REFUSED = "PermissionError: [Errno 1] Operation not permitted"


def by(line: str, *imports: str) -> str:
    """Return an answer that does one thing while it is checked, with these modules."""
    return f"import {', '.join(imports or ('os',))}\n" + inside(line)


def first(*lines: str) -> str:
    """Return a right answer whose cell does something before."""
    return "\n".join(("import os, sys", *lines, RIGHT_ANSWER))


HARMS = {
    # what belongs to a file and is not in it
    "the mode of a file": Case(by(f"os.chmod({VICTIM!r}, 0o777)"), WRONG, REFUSED),
    "the mode of the folder above": Case(by("os.chmod('..', 0)"), WRONG, REFUSED),
    "the mode of a file of Python's": Case(
        by("os.fchmod(os.open(os.__file__, os.O_RDONLY), 0o644)"), WRONG, REFUSED),
    "the owner of a file": Case(by(f"os.chown({VICTIM!r}, os.getuid(), -1)"), WRONG, REFUSED),
    "the times of a file": Case(by(f"os.utime({VICTIM!r}, (0, 0))"), WRONG, REFUSED),
    "the attributes of a file": Case(
        by(f"os.setxattr({VICTIM!r}, 'user.note', b'mine')"), WRONG, REFUSED),
    "a file cut short": Case(by(f"os.truncate({VICTIM!r}, 0)"), WRONG, "PermissionError"),
    # other processes
    "the limits of the grader": Case(
        by("resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (0, 0))", "os", "resource"),
        WRONG, REFUSED),
    "its own limits": Case(
        by("resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))", "resource"), WRONG,
        "not allowed to raise maximum limit"),
    "the priority of the grader": Case(
        by("os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)"), WRONG, REFUSED),
    "the priority of all that the user has": Case(
        by("os.setpriority(os.PRIO_USER, os.getuid(), 1)"), WRONG, REFUSED),
    "the processors of the grader": Case(
        by("os.sched_setaffinity(os.getppid(), {0})"), WRONG, REFUSED),
    "a signal through a file": Case(
        by("fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())", "os", "fcntl"), WRONG,
        REFUSED),
    "a datagram": Case(
        by("socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)", "socket"), WRONG, REFUSED),
    # what the machine has
    "memory that is a file": Case(first(
        "for n in range(100):", "    os.write(os.memfd_create('x'), bytes(60 << 20))"), WRONG,
        REFUSED),
    "memory that outlives it": Case(
        by("assert ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600) < 0, 'got it'", "ctypes"), RIGHT),
    "2.5 gigabytes of files": Case(first(
        "for n in range(40):", "    open(f'{n}', 'wb').write(bytes(64 << 20))"), WRONG,
        "written more than 512 MB"),
    "2.5 gigabytes of files without a name": Case(first(
        "kept = []", "for n in range(40):",
        "    kept.append(open('x', 'wb'))", "    os.remove('x')",
        "    kept[-1].write(bytes(64 << 20))"), WRONG, "written more than 512 MB"),
    "threads without end": Case(first(
        "import time", "threading.stack_size(65536)", "for n in range(20_000):",
        "    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()"), WRONG,
        "more than 300 threads"),
    # what the instructor has
    "the environment": Case(first("if 'TOKEN' in os.environ: raise KeyError(os.environ['TOKEN'])"),
                            RIGHT),
    "a folder 3,000 deep": Case(first(
        "home = os.open('.', os.O_RDONLY)", "for n in range(3000):",
        "    os.mkdir('d' * 99)", "    os.chdir('d' * 99)", "os.fchdir(home)"), RIGHT),
}  # fmt: skip


def grade(names: list[str]) -> dict[str, object]:
    """Grade these answers as a class, and say what became of them and of others."""
    victim = Path(VICTIM)
    victim.write_text("whole")
    os.utime(victim, (1e9, 1e9))
    before = victim.stat()
    os.environ["TOKEN"] = TOKEN
    workers = LocalWorkers(8, 2)
    try:
        scratch = Path(workers.workers[0].server.folder.name)
        protection = vars(workers.protection)
        submissions = handed_in({name: HARMS[name] for name in names})
        with tempfile.TemporaryDirectory() as out:
            graded = list(Grader(workers, Path(out), SECONDS).grade(iter(submissions)))
        left = [path.name for path in scratch.glob(f"{OF_AN_ANSWER}*")]
    finally:
        workers.close()
    now = victim.stat()
    return {
        "user": os.getuid(),
        "protection": protection,
        "left": left or [path.name for path in scratch.parent.glob(scratch.name)],
        "victim is as it was": victim.read_text() == "whole"
        and os.listxattr(victim) == []
        and [now.st_mode, now.st_uid, now.st_mtime] == [
            before.st_mode, before.st_uid, before.st_mtime],
        "results": {one.path.split("/")[0]: list(one.exercises) for one in graded},
    }  # fmt: skip


if __name__ == "__main__":
    told = grade(sys.argv[2:] or list(HARMS))
    Path(sys.argv[1]).write_text(json.dumps(told))
