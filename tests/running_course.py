"""A running course for tests: its folder and server, with packages borrowed from here."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

DEADLINE = 900  # seconds, for a machine that is busy with something else
# In the environment of the course under test: notes each host whose name or address is used.
WITNESS = """\
import os, sys

def note(event, details):
    if event in ("socket.getaddrinfo", "socket.connect"):
        host = details[0] if event == "socket.getaddrinfo" else details[1][0]
        with open(os.path.join(os.path.dirname(sys.executable), "hosts"), "a") as hosts:
            print(host, file=hosts)

sys.addaudithook(note)
"""


def make_environment(folder: Path) -> Path:
    """Make an environment that borrows every package of this one; return its Python."""
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    library = Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    (folder / library / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    (folder / library / "witness.py").write_text(WITNESS)
    (folder / library / "witness.pth").write_text("import witness\n")
    lab = Path(sys.prefix, "share", "jupyter")
    shutil.copytree(lab, folder / "share" / "jupyter", copy_function=os.link)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@dataclass
class Course:
    """A folder with a tiny course, and the environment and home of its learner."""

    folder: Path
    python: Path
    home: Path

    def open(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Run `python -m course` with these arguments, its output in the file output.txt."""
        elsewhere = {"HOME": str(self.home), "JUPYTER_PATH": str(self.home / "jupyter")}
        with (self.folder / "output.txt").open("w") as output:
            return subprocess.Popen(
                [self.python, "-m", "course", *arguments],
                cwd=self.folder,
                env={**os.environ, **elsewhere},
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command to its end; return its exit code and all it said."""
        code = self.open(*arguments).wait(timeout=DEADLINE)
        return code, self.output()

    def output(self) -> str:
        return (self.folder / "output.txt").read_text()

    def copy(self, folder: Path) -> "Course":
        """Return the same course, built as far as this one, in another folder."""
        hidden = shutil.ignore_patterns(".jupyter", "output.txt")
        shutil.copytree(self.folder, folder, ignore=hidden)
        return Course(folder, self.python, self.home)


def address_of(course: Course, process: subprocess.Popen[str]) -> str:
    """Wait until the server has said its address, and return it."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end and process.poll() is None:
        lines = course.output().splitlines()
        if lines and "?token=" in lines[-1]:
            return lines[-1]
        time.sleep(0.05)
    raise AssertionError(f"The server did not say its address:\n{course.output()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
