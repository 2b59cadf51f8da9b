"""What kills leave of the PostgreSQL that comes with pip: `python -m tools.bench.kills [COUNT]`.

Each round starts one that uses it, or two, and kills it (-9) at a moment that is drawn: while it
starts, uses its database or ends. A round in eight kills the server's keeper as well, and one in
eight the server. Then, or at Ctrl-C, one more comes and goes as it should, what is left of all of
them is counted, and it ends with 1 if that is anything.
"""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from course.project import ROOT
from lantern.theatre import keeper
from lantern.theatre.postgres import programs

# Says where its server is, and uses it until its input ends.
USER = """
import sys
from sqlalchemy import create_engine, text
from lantern.theatre import postgres_url
url = postgres_url("psycopg")
print(url.query["host"], flush=True)
with create_engine(url).begin() as connection:
    connection.execute(text("create table made as select generate_series(1, 1000)"))
    sys.stdin.read()
"""
STARTS = 2.0  # seconds, in which most starts fall
SEGMENTS, MAPPED = Path("/proc/sysvipc/shm"), Path("/dev/shm")  # Linux


def user(folder: Path) -> "subprocess.Popen[str]":
    """Start a process that uses a server in a folder."""
    own = {"TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    environment = {name: text for name, text in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.Popen(
        [sys.executable, "-c", USER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, env=environment | own,
    )  # fmt: skip


def told(one: "subprocess.Popen[str]") -> Path | None:
    """Wait until it uses its database, and return the folder of its server."""
    assert one.stdout
    line = one.stdout.readline().strip()
    return Path(line) if line else None


def kill_one(folder: Path, draw: random.Random) -> str:
    """Kill one that uses a server, at a moment that is drawn; return which that was."""
    beside = user(folder) if draw.random() < 0.2 else None
    one, when = user(folder), draw.choice(("starts", "uses", "ends"))
    whom = draw.choices(("", " with its keeper", " with its server"), (6, 1, 1))[0]
    if when == "starts":
        time.sleep(draw.random() * STARTS)
        place = next(iter(places(folder)), None)
    else:
        place = told(one)
        time.sleep(draw.random() * 0.05)
    if when == "ends":
        assert one.stdin
        one.stdin.close()
        time.sleep(draw.random() * 0.2)
    for process in of_server(place, whom) if place and whom else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    for each in filter(None, (one, beside)):
        each.kill()
        each.wait()
        assert each.stdout
        each.stdout.close()
    return f"{when}{whom}"


def places(folder: Path) -> list[Path]:
    """Return the folders of servers that are there."""
    return [place for place in folder.glob("lantern-pg-*/*") if place.is_dir()]


def of_server(place: Path, whom: str) -> list[int]:
    """Return the keeper of a server, or the server."""
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        server = abs(int((place / "data" / "postmaster.pid").read_text().split()[0]))
        status = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
        return [server if "server" in whom else int(status[1])]
    return []


def memory() -> set[str]:
    """Return the shared memory that is there and that no process uses."""
    rows = [row.split() for row in SEGMENTS.read_text().splitlines()[1:]]
    unused = {f"{row[3]} bytes made by {row[4]}" for row in rows if row[6] == "0"}
    used = ""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            used += (process / "maps").read_text()
    return unused | {str(file) for file in MAPPED.glob("PostgreSQL.*") if str(file) not in used}


def processes(folder: Path) -> Iterator[int]:
    """Yield the processes whose command, or whose folder, is of a server in a folder."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if str(folder) in command or str(folder) in os.readlink(process / "cwd"):
                yield int(process.name)


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true, or a minute is over."""
    ended = time.monotonic() + 60
    while not true() and time.monotonic() < ended:
        time.sleep(0.05)


def main(count: int, seed: int) -> int:
    """Kill so often; print what was killed and what is left; return 1 if anything is."""
    if programs() is None or sys.platform != "linux":
        raise SystemExit("It needs Linux, and a PostgreSQL to kill: `python -m course postgres`.")
    draw, killed, before = random.Random(seed), Counter[str](), memory()
    folder = Path(tempfile.mkdtemp(prefix="k-", dir="/tmp"))
    folder.chmod(0o711)  # root's server runs as nobody
    with contextlib.suppress(KeyboardInterrupt):
        for number in range(1, count + 1):
            killed[kill_one(folder, draw)] += 1
            if number % 50 == 0:
                print(f"{number} kills", flush=True)
    last = user(folder)
    place = told(last)
    answered = place is not None and keeper.answers(place)
    last.communicate()
    until(lambda: not any(folder.iterdir()) and not any(processes(folder)))
    left: dict[str, list[Any]] = {
        "processes": list(processes(folder)),
        "files": [str(path.relative_to(folder)) for path in folder.rglob("*")],
        "shared memory": sorted(memory() - before),
    }
    for when, times in sorted(killed.items()):
        print(f"{times:5}  killed while it {when}")
    print("The next one had its database." if answered else "The next one had no database.")
    print(*(f"{what} left: {len(of)} {of or ''}" for what, of in left.items()), sep="\n")
    return 1 if any(left.values()) or not answered else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", nargs="?", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(main(given.count, given.seed))
