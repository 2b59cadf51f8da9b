"""A process that is shut in can't get out, and Python still works in it."""

import json
import subprocess
import sys

import pytest

from course.grading import confinement
from course.project import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can shut a process in")

# Runs confined, in a folder of its own; `tried` notes how each attempt ends.
PROGRAM = """
import asyncio, json, os, signal, socket, sqlite3, subprocess, sys, tempfile, threading
from pathlib import Path
from course.grading import confinement, system_calls

home = Path(sys.argv[1])
readable = home.parent / "readable"
if sys.argv[2:]:
    confinement.landlock_version = lambda: int(sys.argv[2])
assert confinement.limit(20)
needs = [*confinement.python_needs(), readable]
assert confinement.hide_files(needs, [home, Path(os.devnull)])
assert system_calls.refuse_calls()

def tried(attempt):
    try:
        attempt()
    except BaseException as error:
        return type(error).__name__
    return "done"

def write(path):
    return lambda: Path(path).write_text("x")

print(json.dumps({
    "fork": tried(os.fork),
    "start a program": tried(lambda: subprocess.run([sys.executable, "-c", ""])),
    "become a program": tried(lambda: os.execv(sys.executable, [sys.executable])),
    "tcp": tried(socket.socket),
    "udp": tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
    "unix": tried(lambda: socket.socket(socket.AF_UNIX)),
    "read the course": tried(lambda: Path("course/checking/exercise.py").resolve().read_text()),
    "read passwords": tried(lambda: Path("/etc/passwd").read_text()),
    "list the root": tried(lambda: os.listdir("/")),
    "read memory": tried(lambda: open(f"/proc/{os.getppid()}/mem", "rb")),
    "write beside": tried(write(home.parent / "beside")),
    "signal the parent": tried(lambda: os.kill(os.getppid(), 0)),
    "cut short what is readable": tried(lambda: os.truncate(readable, 0)),
    "cut it short by opening it": tried(lambda: os.open(readable, os.O_RDONLY | os.O_TRUNC)),
    "change its mode": tried(lambda: readable.chmod(0o600)),
    "read what is readable": tried(readable.read_text),
    "four gigabytes": tried(lambda: bytearray(4 << 30)),
    "a file without end": tried(lambda: (home / "f").write_bytes(bytes(200 << 20))),
    "write at home": tried(write(home / "mine")),
    "read at home": tried(lambda: (home / "mine").read_text()),
    "signal oneself": tried(lambda: os.kill(os.getpid(), 0)),
    "threads": tried(lambda: asyncio.run(asyncio.to_thread(sum, [1]))),
    "forty threads": tried(lambda: [t.join() for t in [threading.Thread(target=sum, args=([],))
                                    for _ in range(40)] if t.start() is None]),
    "a database": tried(lambda: sqlite3.connect(home / "db").execute("CREATE TABLE t (x)")),
    "an import": tried(lambda: __import__("wave")),
}))
"""
REFUSED = (
    "fork", "start a program", "become a program", "tcp", "udp", "unix", "read the course",
    "read passwords", "list the root", "read memory", "write beside", "signal the parent",
    "cut short what is readable", "cut it short by opening it", "change its mode",
)  # fmt: skip
ALLOWED = (
    "write at home", "read at home", "signal oneself", "threads", "forty threads", "a database",
    "an import", "read what is readable",
)  # fmt: skip


# As it is, and as older kernels have it: the first can't guard against a file being cut short, the
# fourth and before not against signals.
@pytest.fixture(scope="module", params=["", "1", "2", "4"], ids="Landlock {}".format)
def outcome(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    if not confinement.landlock_version():
        pytest.skip("this kernel has no Landlock")
    home = tmp_path_factory.mktemp("home") / "own"
    home.mkdir()
    (home.parent / "readable").write_text("whole")
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(home), *filter(None, [request.param])],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert not (home.parent / "beside").exists()
    assert (home.parent / "readable").read_text() == "whole"
    return json.loads(run.stdout)


@pytest.mark.parametrize("attempt", REFUSED)
def test_it_is_refused(outcome: dict[str, str], attempt: str) -> None:
    assert outcome[attempt] == "PermissionError"


@pytest.mark.parametrize("attempt", ALLOWED)
def test_it_works_as_ever(outcome: dict[str, str], attempt: str) -> None:
    assert outcome[attempt] == "done"


def test_memory_and_disk_end_somewhere(outcome: dict[str, str]) -> None:
    assert outcome["four gigabytes"] == "MemoryError"
    assert outcome["a file without end"] == "OSError"
