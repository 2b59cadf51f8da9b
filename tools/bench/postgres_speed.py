"""Start the PostgreSQL of the lessons, and make a database, beside Debian's own where it is."""

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psycopg

from lantern.theatre import keeper
from lantern.theatre.postgres import programs
from tools.bench.measure import ROUNDS, Row


def postgres() -> Iterator[Row]:
    """How long until a server that did not exist takes connections, and until a database is new."""
    own, debians = programs(), sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if own is None:
        return
    sides: list[list[tuple[float, float]]] = [[], []]
    for _ in range(ROUNDS):
        for side, binaries in zip(sides, (own, *debians[-1:]), strict=False):
            side.append(_measured(binaries))
    for number, (what, target) in enumerate(
        (("start of a PostgreSQL", "under 2 s"), ("a new database", "under 0.2 s"))
    ):
        ours, theirs = ([one[number] for one in side] for side in sides)
        yield Row(
            f"{what}: the one from pip ÷ Debian's",
            f"{median(ours):.2f} s",
            f"{median(theirs):.2f} s" if theirs else "",
            median(o / t for o, t in zip(ours, theirs, strict=True)) if theirs else None,
            target,
        )


def _measured(binaries: Path) -> tuple[float, float]:
    """Return the seconds of a start, and of making a database."""
    # Before version 17 a PostgreSQL had no locales of its own, and its initdb took no settings.
    of_initdb = keeper.OF_INITDB if binaries == programs() else ("--locale=C",)
    folder = Path(tempfile.mkdtemp(prefix="lantern-pg-", dir="/tmp"))
    folder.chmod(0o711)  # root's server runs as nobody
    try:
        began = time.perf_counter()
        with keeper.start(folder, binaries, of_initdb) as server:
            started = time.perf_counter() - began
            where = f"host={folder} user=postgres dbname=postgres"
            with psycopg.connect(where, autocommit=True) as connection:
                began = time.perf_counter()
                connection.execute("create database one")
                made = time.perf_counter() - began
            server.send_signal(signal.SIGQUIT)
        return started, made
    finally:
        shutil.rmtree(folder)
