"""ch05-ex1: an engine on SQLite that keeps what a database is expected to keep."""

import contextlib
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import event, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from course.checking.attempts import attempt, attempt_sync, describe, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from lantern.theatre import Base, Guest, Order, Show, make_sync_engine

SAVED = "saved@lantern.example"
A_WAIT = 1_000  # ms; a writer's turn takes longer to come than what is below this
READERS: dict[str, dict[str, Any]] = {
    "a session whose factory has no options": {},
    "a session whose factory has another option": {"logging_token": "door"},
    "a session whose factory has write=False": {"write": False},
}
CURES = {
    "'autocommit' is an invalid keyword": (
        " Python's sqlite3 has it since 3.12, and with it still no BEGIN IMMEDIATE."
    ),
    "from within a transaction": (
        " A connection takes this PRAGMA only while it is in no transaction. Behind BEGIN it is in "
        "one, and with `autocommit=False` from the start."
    ),
    "cannot start a transaction within a transaction": (
        " BEGIN was sent twice: two listeners send it, or one of them stands on the class Engine, "
        "and so on every engine, once for each call, until Python is started anew."
    ),
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


def draw_box(random: Random) -> Box:
    """Draw ids and counts that cannot be guessed, and options that no engine has by itself."""
    *ids, unknown = random.sample(range(100, 1_000), 5)
    sold = {show: random.randrange(5, 60) for show in ids}
    sizes = random.randrange(3, 6), random.randrange(6, 12)
    token = f"box-{random.randrange(10, 99)}"
    return Box(sold, random.choice(ids), unknown, *sizes, token, random.randrange(11, 29) / 2)


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


async def _sell(session: AsyncSession, show: int, sold: int | None) -> str:
    """Sell one more than were sold, and commit; return the error, or nothing."""
    try:
        await session.execute(update(Show).where(Show.id == show).values(sold=(sold or 0) + 1))
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
        errors = [await _sell(first, case.show, read[0])]
        again = read[1] if read[1] is not None else await _sold(second, case.show)
        errors.append(await _sell(second, case.show, again))
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
            before[name] = await _begin_to_write(writer, case.show)
        async with write() as writer, _factory(engine, **options)() as reader:
            await _begin_to_write(writer, case.show)
            beside[name] = await _sold(reader, case.show)
    return {"before": before, "beside": beside}


async def _begin_to_write(session: AsyncSession, show: int) -> str:
    """Raise a counter and do not commit; return the error, or nothing."""
    try:
        await session.execute(update(Show).where(Show.id == show).values(sold=Show.sold + 1))
    except OperationalError as error:
        return describe(error)
    return ""


async def _with_options(case: Box, lantern_engine: Any) -> dict[str, Any]:
    """Ask for a larger pool, a token in the log, and two settings of the driver; say what came."""
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
            return {"size": size, "token": token, "timeouts": timeouts, "waits": waits}

    return await _tried(
        case,
        connected,
        lantern_engine,
        pool_size=case.pool_size,
        execution_options={"logging_token": case.token},
        connect_args={"timeout": case.timeout, "factory": Noted},
    )


def judge_lantern_engine(case: Box, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_engine(seen):
        yield Nothing(reason)
        return
    yield from _judge_keys(case, seen["keys"])
    yield from _judge_wal(seen)
    yield from _judge_undone(seen)
    yield from _judge_writers(case, seen)
    yield from _judge_readers(case, seen["readers"])
    yield from _judge_options(case, seen["options"])


def _why_no_engine(seen: dict[str, Any]) -> str | None:
    made = seen["made"]
    if reason := interruption(made, "lantern_engine"):
        return f"{reason}{_cure(reason)}"
    if made["value"] != "AsyncEngine":
        return f"lantern_engine returned a {made['value']}; an AsyncEngine is due."
    return _why_not(seen["first"], "The first connection of the engine")


def _why_not(outcome: dict[str, Any], what: str) -> str | None:
    """Say in a sentence why a part did not come to its end, or None if it did."""
    reason = interruption(outcome, what)
    return f"{reason}{_cure(reason)}" if reason else None


def _cure(reason: str) -> str:
    return next((cure for words, cure in CURES.items() if words in reason), "")


def _judge_keys(case: Box, outcome: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not(outcome, f"A pool of which {case.at_once} connections are in use"):
        yield Broken("keys", reason)
        return
    refused = outcome["saw"]
    order = f"An order for show {case.unknown}, which is none,"
    stored = [number for number, both in enumerate(refused, 1) if not all(both)]
    if not stored:
        return
    if not any(map(any, refused)):
        told = (
            f"{order} was stored, on each of {len(refused)} connections. SQLite checks foreign "
            "keys only on a connection that was told to. It ignores a PRAGMA whose name it does "
            "not know, and this one inside of a transaction, both without a word."
        )
    elif all(any(both) for both in refused):
        told = (
            f"{order} was refused in one kind of transaction and stored in the other: with the "
            "option `write`, and without. Both kinds are due, on every connection."
        )
    else:
        those = ", ".join(map(str, stored))
        told = (
            f"{order} was refused on some connections, and stored on number {those} of "
            f"{len(refused)} that were in use at once. The PRAGMA holds for the connection that "
            "got it: each new one of the pool needs it again."
        )
    yield Broken("keys", told)


def _judge_wal(seen: dict[str, Any]) -> Iterator[Broken]:
    for name, which in (("first", "the file"), ("new", "a file that had not been there")):
        if reason := _why_not(seen[name], f"The first connection, to {which},"):
            yield Broken("wal", reason)
            return
        if (journal := seen[name]["saw"]["journal"]) != "wal":
            yield Broken(
                "wal",
                f"When the engine had connected, the journal of {which} was {journal!r}; 'wal' is "
                "due. Without it a COMMIT waits for whoever reads, and fails when its timeout has "
                "ended. SQLite answers the PRAGMA with the mode that the file is in then, and "
                "raises nothing for one that it does not know.",
            )
            return


def _judge_undone(seen: dict[str, Any]) -> Iterator[Broken]:
    for name, what in (
        ("savepoints", "A session that begins with a savepoint and is rolled back"),
        ("tables", "create_all that is rolled back"),
    ):
        if reason := _why_not(seen[name], what):
            yield Broken("undone", reason)
            return
    left, tables = seen["savepoints"]["saw"], seen["tables"]["saw"]
    why = (
        "Python's sqlite3 begins a transaction before INSERT, UPDATE, DELETE and REPLACE, and "
        "before nothing else."
    )
    if any(left.values()):
        which = " and ".join(f"{name} the option `write`" for name in left if left[name])
        yield Broken(
            "undone",
            f"A session {which} added a guest in a savepoint, as its first statement, and was "
            f"rolled back; the guest is in the table. {why} A savepoint outside of a transaction "
            "is one itself, and its end commits.",
        )
    elif tables:
        yield Broken(
            "undone",
            f"create_all was rolled back, and {len(tables)} tables are there, {tables[0]} among "
            f"them. {why}",
        )


def _judge_writers(case: Box, seen: dict[str, Any]) -> Iterator[Broken]:
    outcome, waits = seen["writers"], seen["first"]["saw"]["waits"]
    if reason := _why_not(outcome, "Two sessions with the option `write`"):
        yield Broken("writers", reason)
        return
    read, errors, left = (outcome["saw"][name] for name in ("read", "errors", "left"))
    due = case.sold[case.show] + 2
    if left == due:
        if waits < A_WAIT:
            yield Broken(
                "writers",
                f"A connection waits {waits} ms for a lock: unless the first of two writers is "
                "through by then, the second is told that the database is locked, in place of its "
                "turn. Python's sqlite3 waits 5 s by itself.",
            )
        return
    if read[1] is None:
        told = " and ".join(error for error in errors if error) or "no error came"
        yield Broken(
            "writers",
            f"Two sessions with the option `write` sold a ticket each, the second after the "
            f"first; {due} sold are due, and {left} are in the table: {told}.",
        )
        return
    both = (
        f"Two sessions with the option `write` read {read[0]} tickets sold, both before either of "
        "them wrote, and each sold one more."
    )
    if any(errors):
        (told, *_) = (error for error in errors if error)
        yield Broken(
            "writers",
            f"{both} One was told {told}: it could not write on what it had read, however long it "
            "would wait. BEGIN alone takes no lock. A session that will write takes the writer's "
            "place before it reads.",
        )
    else:
        yield Broken(
            "writers",
            f"{both} No error came, and {left} are in the table in place of {due}: an update was "
            "lost. A longer timeout changes nothing in that. A session that will write takes the "
            "writer's place before it reads.",
        )


def _judge_readers(case: Box, outcome: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not(outcome, "A session that reads beside one that writes"):
        yield Broken("readers", reason)
        return
    committed = case.sold[case.show]
    for name, error in outcome["saw"]["before"].items():
        if error:
            yield Broken(
                "readers",
                f"{name[0].upper()}{name[1:]} had read, and was still open. Then a session with "
                f"the option `write` could not write: {error}. Who reads has the writer's place.",
            )
            return
    for name, sold in outcome["saw"]["beside"].items():
        if sold is None:
            yield Broken(
                "readers",
                f"While a session with the option `write` had its transaction open, {name} could "
                "not read: the database is locked. Who reads queues for the writer's place, and "
                "needs none.",
            )
            return
        if sold != committed:
            yield Broken(
                "readers",
                f"While a session with the option `write` had its transaction open, {name} read "
                f"{sold} tickets sold. Committed were {committed}: they share a transaction.",
            )
            return


def _judge_options(case: Box, outcome: dict[str, Any]) -> Iterator[Broken]:
    asked = (
        f"lantern_engine(path, pool_size={case.pool_size}, execution_options={{'logging_token': "
        f"'{case.token}'}}, connect_args={{'timeout': {case.timeout}, …}})"
    )
    if reason := _why_not(outcome, asked):
        yield Broken("options", reason)
        return
    size, timeouts, waits = (outcome["saw"][name] for name in ("size", "timeouts", "waits"))
    if size != case.pool_size:
        yield Broken("options", f"{asked} made an engine whose pool has size {size}.")
    elif outcome["saw"]["token"] != case.token:
        yield Broken(
            "options",
            f"{asked} made an engine whose logging_token is {outcome['saw']['token']!r}. Whatever "
            "option the caller has, create_async_engine gets it.",
        )
    elif not timeouts:
        yield Broken(
            "options",
            f"{asked} connected without these connect_args. Where the engine has some of its own, "
            "the caller's are to be joined with them.",
        )
    elif timeouts[0] != case.timeout:
        yield Broken(
            "options",
            f"{asked} connected with timeout={timeouts[0]}: what the caller asks for goes before "
            "what the engine would have.",
        )
    elif waits != case.timeout * 1_000:
        yield Broken(
            "options",
            f"{asked} connected with this timeout, and then the connection was told to wait "
            f"{waits} ms: `PRAGMA busy_timeout` is the same setting, and went over the caller's.",
        )


LANTERN_ENGINE = Exercise(
    id="ch05-ex1",
    title="SQLite, repaired",
    objectives=("sqlite",),
    answers=("lantern_engine",),
    promises={
        "keys": "foreign keys are enforced on every connection of the pool",
        "wal": "the database is in WAL mode",
        "undone": "what is rolled back is gone, a savepoint that came first and new tables too",
        "writers": "of several sessions with the option write, none loses another's update",
        "readers": "a session without it reads while another one writes",
        "options": "the caller's options reach create_async_engine, its connect_args too",
    },
    hints=(
        "What a connection needs once, it gets from a listener to `connect` on "
        "`engine.sync_engine`: there is no transaction yet. What each transaction needs, comes "
        "from a listener to `begin`.",
        "On `connect`: `connection.isolation_level = None`, and the two PRAGMAs through a cursor. "
        "On `begin`: `connection.exec_driver_sql(…)` with BEGIN, or with BEGIN IMMEDIATE where "
        '`connection.get_execution_options().get("write")` says so.',
    ),
    draw=draw_box,
    observe=observe_lantern_engine,
    judge=judge_lantern_engine,
    own_connections=True,
)
