"""A PostgreSQL for lessons and checks: who has which database, and when the server is gone."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from IPython.core.interactiveshell import InteractiveShell
from sqlalchemy.engine import URL, make_url

from course.project import ROOT
from lantern.theatre import (
    NoPostgres,
    audit,
    keeper,
    make_engine,
    postgres_database,
    postgres_url,
    seed,
)
from lantern.theatre.postgres import programs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no server of its own")

# Says where its database is, and keeps it until its input ends.
USER = """
import sys
from lantern.theatre import postgres_url
print(postgres_url("psycopg").render_as_string(hide_password=False), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for temporary files, with a path as short as sockets need it."""
    folder = Path(tempfile.mkdtemp(prefix="l-", dir="/tmp"))
    folder.chmod(0o711)  # as root: for who runs the server
    yield folder
    until(lambda: not any(folder.iterdir()))
    folder.rmdir()


class User:
    """A process that uses a server of the place."""

    def __init__(self, place: Path, **environment: str) -> None:
        own = {"TMPDIR": str(place), "PYTHONPATH": str(ROOT), **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**without_own(), **own},
        )  # fmt: skip

    def url(self) -> URL:
        """Wait until it has its database, and return where that is."""
        assert self.process.stdout and self.process.stderr
        told = self.process.stdout.readline()
        assert told, self.process.stderr.read()
        return make_url(told.strip())

    def end(self, kill: bool = False) -> str:
        """Let it end by itself, or kill it; return what it complained of."""
        if kill:
            self.process.kill()
        return self.process.communicate()[1]


def without_own() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}


def until(true: Callable[[], bool]) -> None:
    """Wait for what no event tells, longer than any machine takes for it."""
    for _ in range(3000):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("it has not come to that in a minute")


def asked(url: URL, query: str) -> list[tuple[object, ...]]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def server_of(url: URL) -> int:
    """The process of the server."""
    folder = Path(str(url.query["host"]))
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def keeper_of(url: URL) -> int:
    """The process that keeps it."""
    parent = Path(f"/proc/{server_of(url)}/stat").read_text().rpartition(")")[2].split()[1]
    return int(parent)


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(FileNotFoundError):
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    return False


@pytest.mark.anyio
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_the_theatre_opens_on_a_database_of_its_own(driver: str) -> None:
    with postgres_database(driver) as url, postgres_database(driver) as another:
        assert url.database != another.database
        engine = make_engine(url)
        await seed(engine)
        assert (await audit(engine)).ok
        await engine.dispose()
        assert asked(another, "select tablename from pg_tables where schemaname = 'public'") == []


def test_a_database_is_gone_afterwards_whoever_still_uses_it() -> None:
    with postgres_database("psycopg") as url:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        left_open = psycopg.connect(plain)
    with pytest.raises(psycopg.OperationalError, match="terminat"):
        left_open.execute("select 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(plain)


def test_all_who_use_it_share_a_server_and_the_last_one_takes_it_along(place: Path) -> None:
    first = User(place)
    one = first.url()
    second = User(place)
    two = second.url()
    assert one.query["host"] == two.query["host"]
    assert first.end() == ""
    names = {name for (name,) in asked(two, "select datname from pg_database")}
    assert two.database in names and one.database not in names
    server = server_of(two)
    assert second.end() == ""
    until(lambda: not runs(server))


@pytest.mark.parametrize("after", [0.4, 0.8, None])
def test_a_kill_of_who_uses_it_leaves_nothing(place: Path, after: float | None) -> None:
    """The fixture sees that nothing is left in the folder; whatever it was doing when killed."""
    user = User(place)
    if after is None:
        server = server_of(user.url())
        user.end(kill=True)
        until(lambda: not runs(server))
    else:
        time.sleep(after)
        user.end(kill=True)


def test_what_a_killed_process_had_is_dropped_by_the_next(place: Path) -> None:
    staying, killed = User(place), User(place)
    staying.url()
    lost = killed.url().database
    killed.end(kill=True)
    new = User(place)
    names = {name for (name,) in asked(new.url(), "select datname from pg_database")}
    assert lost not in names
    new.end()
    staying.end()


@pytest.mark.skipif(sys.platform != "linux", reason="nothing tells a child elsewhere")
def test_a_server_whose_keeper_is_killed_ends_and_the_next_one_starts_anew(place: Path) -> None:
    user = User(place)
    url = user.url()
    server = server_of(url)
    os.kill(keeper_of(url), signal.SIGKILL)
    until(lambda: not runs(server))
    new = User(place)
    assert new.url().query["host"] != url.query["host"]
    new.end()
    user.end()


@pytest.mark.skipif(sys.platform != "linux", reason="nobody tells of it elsewhere")
@pytest.mark.parametrize("keeper_too", [False, True])
def test_a_server_that_is_killed_leaves_no_shared_memory(place: Path, keeper_too: bool) -> None:
    user = User(place)
    url = user.url()
    server = server_of(url)
    assert made_by(server)
    assert "/dev/shm" not in Path(f"/proc/{server}/maps").read_text()
    for process in ([keeper_of(url)] if keeper_too else []) + [server]:
        os.kill(process, signal.SIGKILL)
    if keeper_too:  # the next who comes finds it
        new = User(place)
        new.url()
        new.end()
    user.end()
    until(lambda: not made_by(server))


@pytest.mark.skipif(sys.platform != "linux", reason="nobody tells of it elsewhere")
def test_nor_does_one_that_makes_the_cluster(place: Path) -> None:
    user, process, memory = User(place), 0, []
    while process <= 0:  # below zero in the file of initdb's own
        for file in place.glob("lantern-pg-*/*/data/postmaster.pid"):
            with contextlib.suppress(OSError, IndexError):
                process = int(file.read_text().split()[0])
                memory.append(Path(f"/proc/{abs(process)}/maps").read_text())
        assert user.process.poll() is None
        time.sleep(0.001)
    user.end()
    assert len(memory) > 1
    assert [maps for maps in memory if "/dev/shm" in maps] == []


def made_by(process: int) -> list[str]:
    """The segments of shared memory that a process made."""
    rows = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return [row for row in rows if row.split()[4] == str(process)]


def test_a_temporary_folder_with_a_long_path_is_not_used(place: Path) -> None:
    deep = place / ("d" * 80)
    deep.mkdir()
    user = User(deep)
    assert not str(user.url().query["host"]).startswith(str(deep))
    user.end()
    shutil.rmtree(deep)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="for root alone")
def test_root_s_environment_in_a_folder_of_its_own_is_enough(tmp_path: Path, place: Path) -> None:
    installed = programs()
    assert installed
    package = installed.parents[1]
    closed = tmp_path / "closed"
    for folder in package.parent.glob(f"{package.name}*"):
        shutil.copytree(folder, closed / folder.name)
    closed.chmod(0o700)
    own = place / "own"
    own.mkdir()
    moved = closed / package.name / installed.relative_to(package)
    with keeper.start(own, moved) as server:
        assert keeper.answers(own)
        server.send_signal(signal.SIGQUIT)
    shutil.rmtree(own)


def test_the_readers_own_server_gets_a_database_and_nothing_else_is_touched(place: Path) -> None:
    with postgres_database("psycopg") as own:
        asked(own, "create table mine (id int)")
        given = own.set(drivername="postgres").render_as_string(hide_password=False)
        user = User(place, DATABASE_URL=given)
        url = user.url()
        assert url.query == own.query and url.database != own.database
        assert user.end() == ""
        names = {name for (name,) in asked(own, "select datname from pg_database")}
        assert own.database in names and url.database not in names
        assert asked(own, "select count(*) from mine") == [(0,)]


def test_a_user_who_may_make_no_database_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres_database("psycopg") as own:
        role = f"small_{own.database}"
        asked(own, f"create role {role} login")
        url = own.set(drivername="postgresql", username=role)
        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        with pytest.raises(NoPostgres, match="Grant CREATEDB, or unset DATABASE_URL"):
            postgres_url()
        monkeypatch.delenv("DATABASE_URL")
        asked(own, f"drop role {role}")


def test_a_server_that_does_not_answer_is_named_by_what_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(NoPostgres, match=r"that DATABASE_URL names could not be asked: .*refused"):
        postgres_url()


def test_words_for_libpq_are_said_as_asyncpg_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres_database("psycopg") as own:
        hosted = own.update_query_dict({"sslmode": "prefer", "channel_binding": "prefer"})
        given = hosted.set(drivername="postgresql").render_as_string(hide_password=False)
        monkeypatch.setenv("DATABASE_URL", given)
        with postgres_database("asyncpg") as url:
            assert url.query["ssl"] == "prefer" and "channel_binding" not in url.query
        monkeypatch.delenv("DATABASE_URL")


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ("", "There is no PostgreSQL here. `python -m course postgres` installs one"),
        ("postgresql://localhost/mine", "DATABASE_URL names a PostgreSQL, and what talks to it is"),
    ],
)
def test_without_the_packages_a_notebook_shows_a_sentence_and_no_traceback(
    own: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", own)
    monkeypatch.setattr("lantern.theatre.postgres._servers", {})
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    InteractiveShell.instance().run_cell("import lantern.theatre as t; t.postgres_url()")
    told = capsys.readouterr().out.strip()
    assert told.startswith(sentence)
    assert "Traceback" not in told and len(told.splitlines()) == 1
