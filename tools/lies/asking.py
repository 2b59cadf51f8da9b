"""Ask every house the same: what a difference is, and what its scripts need."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import Any

from sqlalchemy import Table, event, func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from lantern import first_line
from lantern.databases import execute
from lantern.errors import without_background
from lantern.theatre import Base, make_engine, postgres_database, seed

GROUPS = (
    "locks",
    "transactions",
    "isolation",
    "values",
    "rules",
    "numbers",
    "copies",
    "statements",
    "loops",
    "agreement",
)
# Two flushes at once leave a connection in a transaction, and in no pool.
END_THOSE_LEFT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND state LIKE 'idle in transaction%'"""
DRIVERS = ("asyncpg", "psycopg")
CAPACITY = 10
Script = Callable[[AsyncEngine], Awaitable[str]]
_scripts: dict[str, Script] = {}
_also_as_shipped: set[str] = set()
_in_haste: set[str] = set()
_over_one_driver: set[str] = set()


def difference(script: Script) -> Script:
    """Enter a script under its name.

    It is given an engine on a database as `seed` leaves it, and returns what happened in words
    that are the same in every run; what a database said stands in backquotes.
    """
    _scripts[script.__name__] = script
    return script


def as_shipped(script: Script) -> Script:
    """Let SQLite as its driver ships it be asked as well: there it answers in a third way."""
    _also_as_shipped.add(script.__name__)
    return script


def in_haste(script: Script) -> Script:
    """Let SQLite wait for nobody in it: what would be a wait for its lock is an error at once."""
    _in_haste.add(script.__name__)
    return script


def over_one_driver(script: Script) -> Script:
    """Let PostgreSQL be asked over asyncpg alone, where the server itself takes seconds."""
    _over_one_driver.add(script.__name__)
    return script


def scripts() -> dict[str, Script]:
    """Return every script by its name."""
    for group in GROUPS:
        import_module(f"tools.lies.{group}")
    return _scripts


def ask(house: str) -> dict[str, str]:
    """Let one house answer every difference that it is asked, by name."""
    with postgres_database(house) if house in DRIVERS else nullcontext() as url:
        return asyncio.run(_answers(house, url))


async def _answers(house: str, url: URL | None) -> dict[str, str]:
    as_it_is = house == "as shipped"
    engine = make_engine(url, as_shipped=as_it_is)
    hasty = engine if url else _waiting_for_nobody(make_engine(engine.url, as_shipped=as_it_is))
    await seed(engine, CAPACITY)
    async with engine.connect() as connection:
        tables = Base.metadata.sorted_tables
        rows = {table: (await connection.execute(table.select())).mappings() for table in tables}
        seeded = {table: [dict(row) for row in some] for table, some in rows.items()}
    answers = {}
    for name, script in scripts().items():
        if _is_asked(house, name):
            await _as_seeded(engine, seeded)
            answers[name] = await script(hasty if name in _in_haste else engine)
            if not url:  # a COMMIT that failed has left its transaction on the connection
                await engine.dispose()
                await hasty.dispose()
    await engine.dispose()
    return answers


def _is_asked(house: str, name: str) -> bool:
    only = {"as shipped": name in _also_as_shipped, "psycopg": name not in _over_one_driver}
    return only.get(house, True)


async def _as_seeded(engine: AsyncEngine, seeded: dict[Table, list[dict[str, Any]]]) -> None:
    """Take back what the last script has done; `seed` itself, each time, is twice the work."""
    async with engine.begin() as connection:
        if on_postgresql(engine):
            names = ", ".join(table.name for table in seeded)
            await connection.execute(text(END_THOSE_LEFT))
            await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        else:
            for table in reversed(seeded):
                await connection.execute(table.delete())
        for table, rows in seeded.items():
            if rows:
                await connection.execute(table.insert(), rows)


def on_postgresql(engine: AsyncEngine) -> bool:
    """Tell whether this house is a PostgreSQL."""
    return engine.dialect.name == "postgresql"


def said(error: BaseException) -> str:
    """Return an error's message as a database or a library says it, in backquotes."""
    line = re.sub(r"^[\w.]+: (\([\w.]+\) )?", "", first_line(error))
    return f"`{without_background(line)}`"


def named(error: BaseException) -> str:
    """Return an error's class, the driver's class and its message, in backquotes."""
    return f"`{without_background(first_line(error))}`"


async def refusal(work: Awaitable[Any]) -> str:
    """Return what a piece of work is told that ends with an error, and nothing if it goes well."""
    try:
        await work
    except SQLAlchemyError as error:
        return said(error)
    return ""


async def told(work: Awaitable[Any]) -> str:
    """Return the end of a sentence: how a piece of work ends."""
    refused = await refusal(work)
    return f"is told {refused}" if refused else "goes well"


@contextmanager
def log_of_the_pool() -> Iterator[list[str]]:
    """Collect what SQLAlchemy's pool logs, with its errors, and show it to nobody else."""
    logged: list[str] = []

    class Log(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info and record.exc_info[1]
            message = record.getMessage().partition(" <")[0]
            logged.append(f"{message}: {named(error)}" if error else message)

    log, pool = Log(), logging.getLogger("sqlalchemy.pool")
    propagates = pool.propagate
    pool.addHandler(log)
    pool.propagate = False
    try:
        yield logged
    finally:
        pool.removeHandler(log)
        pool.propagate = propagates


def _waiting_for_nobody(engine: AsyncEngine) -> AsyncEngine:
    def no_wait(connection: Any, record: Any) -> None:
        execute(connection, "PRAGMA busy_timeout=0")

    event.listen(engine.sync_engine, "connect", no_wait)
    return engine


async def pid_of(session: AsyncSession) -> int | None:
    """Return the number of the server's process for a session; SQLite has none."""
    if not on_postgresql(session.bind):  # type: ignore[arg-type]
        return None
    return await session.scalar(select(func.pg_backend_pid()))


async def waits(engine: AsyncEngine, work: "asyncio.Task[Any]", pid: int | None) -> bool:
    """Let it go on until it has ended, or waits in the server for a lock; tell whether it waits.

    On SQLite, which cannot be asked, the script has to be one in haste, so that it ends.
    """
    if pid is None:
        await asyncio.wait([work])
    while not work.done():
        async with engine.connect() as other:
            if await other.scalar(select(func.pg_blocking_pids(pid))):
                return True
    return False
