"""What is seen of ch05-ex1: engines of the answer, used as an app does, on files of their own."""

import contextlib
import logging
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import event, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from course.checking.attempts import attempt, attempt_sync, describe, plain
from lantern.theatre import Base, Guest, Order, Show, make_sync_engine

SAVED = "saved@lantern.example"
READERS: dict[str, dict[str, Any]] = {
    "a session whose factory has no options": {},
    "a session whose factory has another option": {"logging_token": "door"},
    "a session whose factory has write=False": {"write": False},
}
Part = Callable[["Box", AsyncEngine, Path], Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class Box:
    """Shows with the tickets sold of each, an id that no show has, and what a caller asks for."""

    sold: dict[int, int]
    show: int
    unknown: int
    at_once: int  # connections in use together
    pool_size: int
    token: str  # an option of the engine's statements
    timeout: float
    recycle: int

    @property
    def settings(self) -> dict[str, Any]:
        """Return what a caller asks for that is no setting of the driver, by its name."""
        return {"echo": True, "hide_parameters": True, "pool_recycle": self.recycle}


def draw_box(random: Random) -> Box:
    """Draw ids and counts that cannot be guessed, and options that no engine has by itself."""
    *ids, unknown = random.sample(range(100, 1_000), 5)
    sold = {show: random.randrange(5, 60) for show in ids}
    # More in use than an engine keeps by itself: five, and up to ten that overflow.
    sizes = random.randrange(6, 9), random.randrange(6, 12)
    token = f"box-{random.randrange(10, 99)}"
    timeout, recycle = random.randrange(11, 29) / 2, random.randrange(1_000, 9_000)
    return Box(sold, random.choice(ids), unknown, *sizes, token, timeout, recycle)


async def observe_lantern_engine(case: Box, lantern_engine: Any) -> dict[str, Any]:
    """Use an engine of the answer as an app does, each time on a database of its own.

    Whoever would have to wait for a lock is told so at once, so that nothing depends on a clock.
    """
    with tempfile.TemporaryDirectory(prefix="lantern-", ignore_cleanup_errors=True) as folder:
        made = attempt_sync(lambda: lantern_engine(Path(folder, "first.db")))
    kind = "AsyncEngine" if isinstance(made.value, AsyncEngine) else type(made.value).__name__
    seen: dict[str, Any] = {"made": {**vars(made), "value": kind}}
    if kind != "AsyncEngine":
        return seen
    parts: dict[str, Part] = {
        "first": _first, "new": _first, "keys": _keys, "savepoints": _savepoints,
        "writers": _writers, "readers": _readers, "tables": _tables,
    }  # fmt: skip
    for name, part in parts.items():
        seen[name] = await _tried(case, part, lantern_engine, empty=name in ("new", "tables"))
    seen["options"] = await _with_options(case, lantern_engine)
    return seen


async def _tried(
    case: Box, part: Part, lantern_engine: Any, empty: bool = False, **options: Any
) -> dict[str, Any]:
    """Return how a part ended that has an engine of the answer, and what it saw.

    Its file is a new one, which is not in WAL mode yet.
    """

    async def whole() -> Any:
        async with _engine(case, lantern_engine, empty, **options) as (engine, path):
            return await part(case, engine, path)

    outcome = (await attempt(whole)).as_dict()
    if outcome["ended"] == "returned":  # and that is this check's own data, no answer's
        outcome |= {"value": None, "saw": outcome["value"]}
    return outcome


@contextlib.asynccontextmanager
async def _engine(
    case: Box, lantern_engine: Any, empty: bool, **options: Any
) -> AsyncIterator[tuple[AsyncEngine, Path]]:
    with tempfile.TemporaryDirectory(prefix="lantern-", ignore_cleanup_errors=True) as folder:
        path = Path(folder, "box office.db")
        if not empty:
            _fill(path, case)
        engine = lantern_engine(path, **options)
        try:
            yield engine, path
        finally:
            await engine.dispose()


def _fill(path: Path, case: Box) -> None:
    plain = make_sync_engine(f"sqlite:///{path}", as_shipped=True)
    with plain.begin() as connection:
        Base.metadata.create_all(connection)
        shows = [
            {"id": show, "title": f"Evening {show}", "capacity": 120, "sold": sold}
            for show, sold in case.sold.items()
        ]
        connection.execute(insert(Show), shows)
        connection.execute(insert(Guest), [{"id": 1, "email": "mara@lantern.example"}])
    plain.dispose()


def _rows(path: Path, query: str) -> list[Any]:
    """Return the first column of what another program reads now."""
    with contextlib.closing(sqlite3.connect(path, timeout=0)) as other:
        return [row[0] for row in other.execute(query)]


def _factory(engine: AsyncEngine, **options: Any) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False, execution_options=options)


def _do_not_wait(engine: AsyncEngine) -> None:
    """Let no connection wait for a lock: what another engine would wait for is told at once."""

    def at_once(connection: Any, record: Any, proxy: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=0")
        cursor.close()

    event.listen(engine.sync_engine, "checkout", at_once)


async def _first(case: Box, engine: AsyncEngine, path: Path) -> dict[str, Any]:
    """Connect once: what the connection would wait, and what the file is afterwards."""
    async with engine.connect() as connection:
        waits = (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar()
        (journal,) = _rows(path, "PRAGMA journal_mode")
    return {"waits": waits, "journal": journal}


async def _keys(case: Box, engine: AsyncEngine, path: Path) -> list[list[bool]]:
    """Order for a show that is none, on connections in use together; with `write`, and without.

    True where the database refused it.
    """
    order = {"show_id": case.unknown, "guest_id": 1, "total_cents": 2500}
    refused: list[list[bool]] = []
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(case.at_once):
            connection = await stack.enter_async_context(engine.connect())
            refused.append([])
            for write in (False, True):
                await connection.execution_options(write=write)
                try:
                    await connection.execute(insert(Order), order)
                    refused[-1].append(False)
                except IntegrityError:
                    refused[-1].append(True)
                await connection.rollback()
    return refused


async def _savepoints(case: Box, engine: AsyncEngine, path: Path) -> dict[str, int]:
    """Add a guest in a savepoint that comes first, and roll back; return who is there after it."""
    left = {}
    for name, options in (("without", {}), ("with", {"write": True})):
        async with _factory(engine, **options)() as session:
            async with session.begin_nested():
                session.add(Guest(email=f"{name}-{SAVED}"))
            await session.rollback()
        query = f"SELECT count(*) FROM guests WHERE email = '{name}-{SAVED}'"
        (left[name],) = _rows(path, query)
    return left


async def _tables(case: Box, engine: AsyncEngine, path: Path) -> list[str]:
    """Create all tables and roll back; return those that are there after it."""
    async with engine.connect() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.rollback()
    return _rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")


async def _sold(session: AsyncSession, show: int) -> int | None:
    """Return how many tickets a session sees as sold; None where it would have to wait."""
    try:
        return await session.scalar(select(Show.sold).where(Show.id == show))
    except OperationalError as error:
        if "locked" not in describe(error):
            raise
        await session.rollback()
        return None


async def _write(session: AsyncSession, show: int, sold: Any, commits: bool = True) -> str:
    """Write how many are sold, and commit unless not wanted; return the error, or nothing."""
    try:
        await session.execute(update(Show).where(Show.id == show).values(sold=sold))
        if commits:
            await session.commit()
    except OperationalError as error:
        await session.rollback()
        return describe(error)
    return ""


async def _writers(case: Box, engine: AsyncEngine, path: Path) -> dict[str, Any]:
    """Let two sessions with `write` read before either writes; then both sell.

    The one that would have to wait reads when the first has sold.
    """
    _do_not_wait(engine)
    write = _factory(engine, write=True)
    async with write() as first, write() as second:
        read = [await _sold(first, case.show), await _sold(second, case.show)]
        errors = [await _write(first, case.show, (read[0] or 0) + 1)]
        again = read[1] if read[1] is not None else await _sold(second, case.show)
        errors.append(await _write(second, case.show, (again or 0) + 1))
    (left,) = _rows(path, f"SELECT sold FROM shows WHERE id = {case.show}")
    return {"read": read, "errors": errors, "left": left}


async def _readers(case: Box, engine: AsyncEngine, path: Path) -> dict[str, Any]:
    """Let sessions read beside one that writes: begun before it, and begun after it.

    A writer has used the connection before, as in a pool it has.
    """
    _do_not_wait(engine)
    write = _factory(engine, write=True)
    async with write.begin() as writer:
        await writer.execute(update(Show).where(Show.id == case.show).values(title="The Tempest"))
    before: dict[str, str] = {}
    beside: dict[str, int | None] = {}
    for name, options in READERS.items():
        async with _factory(engine, **options)() as reader, write() as writer:
            await _sold(reader, case.show)
            before[name] = await _write(writer, case.show, Show.sold + 1, commits=False)
        async with write() as writer, _factory(engine, **options)() as reader:
            await _write(writer, case.show, Show.sold + 1, commits=False)
            beside[name] = await _sold(reader, case.show)
    return {"before": before, "beside": beside}


async def _with_options(case: Box, lantern_engine: Any) -> dict[str, Any]:
    """Ask for options of engine and pool, and for two settings of the driver; see which came.

    One of them is `echo`, of which nothing is printed here.
    """
    timeouts: list[Any] = []

    class Noted(sqlite3.Connection):
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **settings)
            timeouts.append(settings.get("timeout"))

    async def connected(case: Box, engine: AsyncEngine, path: Path) -> dict[str, Any]:
        async with engine.connect() as connection:
            waits = (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar()
            size = getattr(engine.pool, "size", None)
            size = size() if size else type(engine.pool).__name__
            token = connection.sync_engine.get_execution_options().get("logging_token")
            came = {
                "echo": engine.sync_engine.echo,
                "hide_parameters": engine.sync_engine.hide_parameters,
                "pool_recycle": engine.pool._recycle,
            }
            told = {"size": size, "token": token, "timeouts": timeouts, "waits": waits}
            return {**told, "came": {name: plain(value) for name, value in came.items()}}

    with _unheard(logging.getLogger("sqlalchemy.engine.Engine")):
        return await _tried(
            case,
            connected,
            lantern_engine,
            pool_size=case.pool_size,
            execution_options={"logging_token": case.token},
            connect_args={"timeout": case.timeout, "factory": Noted},
            **case.settings,
        )


@contextlib.contextmanager
def _unheard(logger: logging.Logger) -> Iterator[None]:
    """Keep what is logged while the block runs to itself; an engine's `echo` adds no handler."""
    handlers, propagate = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [logging.NullHandler()], False
    try:
        yield
    finally:
        logger.handlers, logger.propagate = handlers, propagate
