"""Run a small server and PgBouncer, ask them, and store what they say."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from sqlalchemy.engine import URL

from lantern.theatre import keeper
from lantern.theatre.postgres import programs
from tools.switchboard import RECORDED, clients

SMALL = {
    "max_connections": "8",
    "superuser_reserved_connections": "2",
    "reserved_connections": "1",
}
Said = dict[str, Any]  # by driver
BACKENDS = 2  # that PgBouncer opens
INI = """\
[databases]
postgres = host={host} port=5432 user=postgres
[pgbouncer]
unix_socket_dir = {place}
listen_addr =
listen_port = 6432
auth_type = trust
auth_file = {place}/users
pool_mode = transaction
default_pool_size = {backends}
logfile = {place}/log
"""


@contextmanager
def small_server(place: Path) -> Iterator[URL]:
    """A server with few connections, and a role that is no superuser: `seller`."""
    binaries = programs()
    if binaries is None:
        sys.exit("There is no PostgreSQL: python -m course postgres")
    with patch.dict(keeper.SETTINGS, SMALL), keeper.start(place, binaries) as server:
        try:
            with psycopg.connect(f"host={place} user=postgres", autocommit=True) as connection:
                connection.execute("CREATE ROLE seller LOGIN")
            yield URL.create(
                "postgresql", "postgres", database="postgres", query={"host": str(place)}
            )
        finally:
            server.send_signal(signal.SIGINT)  # which ends it, whoever is connected


def program() -> str | None:
    """Return the path of PgBouncer; Debian keeps it where an ordinary user does not look."""
    return shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


@contextmanager
def pgbouncer(place: Path, server: URL) -> Iterator[URL]:
    """PgBouncer in transaction mode before a server."""
    found = program()
    if found is None:
        sys.exit("There is no PgBouncer: apt-get install pgbouncer")
    (place / "users").write_text('"postgres" ""\n')
    ini = place / "pgbouncer.ini"
    ini.write_text(INI.format(host=server.query["host"], place=place, backends=BACKENDS))
    as_nobody: dict[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}  # root it refuses
    with subprocess.Popen(
        [found, "-q", ini], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_nobody
    ) as process:
        try:
            while not (place / ".s.PGSQL.6432").exists():
                if process.poll() is not None:
                    sys.exit(f"PgBouncer does not start: {(place / 'log').read_text()}")
                time.sleep(0.01)
            yield server.set(query={"host": str(place), "port": "6432"})
        finally:
            process.terminate()


@contextmanager
def two_places() -> Iterator[tuple[Path, Path]]:
    """Two folders for programs that run as somebody else where this one runs as root."""
    with tempfile.TemporaryDirectory(prefix="switchboard-") as folder:
        places = Path(folder, "server"), Path(folder, "pgbouncer")
        for each in (Path(folder), *places):
            each.mkdir(exist_ok=True)
            each.chmod(0o777)
        yield places


def full() -> Said:
    """What a small server says when it is full."""
    with two_places() as (place, _), small_server(place) as server:
        return asyncio.run(clients.fill(server))


def through_pgbouncer() -> Said:
    """What becomes of statements that PgBouncer sends to one backend or another."""
    with (
        two_places() as (server_place, place),
        small_server(server_place) as server,
        pgbouncer(place, server) as through,
    ):
        return clients.each_setting(through)


def versions() -> dict[str, str]:
    """The versions of what takes part."""
    told = subprocess.run([str(program()), "--version"], capture_output=True, text=True)
    libraries = {name: version(name) for name in ("sqlalchemy", "asyncpg", "psycopg")}
    return libraries | {"pgbouncer": told.stdout.split()[1]}


def main() -> None:
    """Ask both, and write what they say."""
    recorded = {"full": full(), "pgbouncer": through_pgbouncer(), "versions": versions()}
    RECORDED.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
