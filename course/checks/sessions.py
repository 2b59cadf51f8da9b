"""What the checks of several chapters look through: rows in tables, and sessions that are kept."""

import contextlib
import gc
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.util import await_

from course.checking.attempts import PATIENCE
from course.checking.patience import SOON, until_idle
from lantern.events import listening
from lantern.theatre import Base, make_factories, make_sync_engine

Rows = tuple[type[Base], Sequence[dict[str, Any]]]

# An ORDER BY of a whole statement, up to its LIMIT, in which no id makes all rows different.
WITHOUT_AN_ID = re.compile(r"(?is)(.*\bORDER BY\b(?!.*\bid\b)[^()]+?)(\s+LIMIT\b[^()]*)?\s*")


async def fill(engine: AsyncEngine, tables: Iterable[Rows], anew: bool = False) -> None:
    """Create the theatre's tables and put these rows in, `anew` in place of those that are there.

    Nothing is in a new file of SQLite's, and a database of PostgreSQL's is for all that is asked.
    """
    made = _made_by_copy(engine)
    async with engine.begin() as connection:
        if not made:
            await connection.run_sync(Base.metadata.create_all)
        for table in reversed(Base.metadata.sorted_tables if anew else ()):
            await connection.execute(table.delete())  # a tenth of the time that new tables take
        for model, rows in tables:
            if rows:  # an insert of no rows would insert one
                await connection.execute(insert(model), list(rows))
        if engine.dialect.name == "postgresql":
            await connection.run_sync(count_on)


def _made_by_copy(engine: AsyncEngine) -> bool:
    """Put the tables where a new file of SQLite's will be; tell whether there was none."""
    file = Path(str(engine.url.database))
    if engine.dialect.name != "sqlite" or file.exists():
        return False
    file.write_bytes(_empty_theatre())
    return True


@cache
def _empty_theatre() -> bytes:
    """Return a file of SQLite's with the theatre's tables.

    To create them each time was up to a third of a check's work.
    """
    engine = make_sync_engine("sqlite://", as_shipped=True)
    Base.metadata.create_all(engine)
    driver: Any = engine.raw_connection().driver_connection
    file: bytes = driver.serialize()
    engine.dispose()
    return file


def count_on(connection: Connection | Session) -> None:
    """Let PostgreSQL number new rows after those that brought their numbers, as SQLite does."""
    for table in Base.metadata.sorted_tables:
        sequence = func.pg_get_serial_sequence(table.name, "id")
        last = select(func.max(table.c.id)).scalar_subquery()
        connection.execute(select(func.setval(sequence, func.coalesce(last, 1))))


def beside(engine: AsyncEngine) -> Engine:
    """Return a sync engine on the same database, for what is done beside an answer."""
    if engine.dialect.name == "sqlite":
        return make_sync_engine(f"sqlite:///{engine.url.database}")
    words = {"sslmode" if name == "ssl" else name: text for name, text in engine.url.query.items()}
    url = engine.url.set(drivername="postgresql+psycopg", query=words)
    # Who waits here waits for the answer, which cannot go on meanwhile.
    return make_sync_engine(url, connect_args={"options": "-c lock_timeout=1s"})


def patience_with(engine: AsyncEngine) -> float:
    """Return the patience with one call, in seconds: a server on a busy machine takes its time."""
    return PATIENCE if engine.dialect.name == "sqlite" else 10 * PATIENCE


class Kept(AsyncSession):
    """A session that is kept until it is closed: what an answer leaves open must not vanish."""

    unclosed: ClassVar[list["Kept"]] = []
    made = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.unclosed.append(self)
        type(self).made += 1

    async def close(self) -> None:
        await super().close()
        if self in self.unclosed:
            self.unclosed.remove(self)


def kept_factories(engine: AsyncEngine) -> tuple[Any, Any]:
    """Return (read, write) as make_factories does, with sessions that are kept.

    `class_.unclosed` are those that nobody has closed; `class_.made` is how many were made.
    """
    factories = make_factories(engine)
    for factory in factories:
        # Messages of SQLAlchemy name the class: it is the one that the learner knows. Both classes
        # are of this observation, and so is what an answer listens to.
        ordinary = type("Session", (Session,), {})
        own = {"unclosed": [], "sync_session_class": ordinary}
        factory.class_ = type("AsyncSession", (Kept,), own)
    return factories


async def close_all(factory: Any) -> None:
    """Close what an answer left open; a session that several tasks used may refuse even that."""
    for session in list(factory.class_.unclosed):
        with contextlib.suppress(Exception):
            await session.close()


@contextlib.contextmanager
def as_it_likes(engine: AsyncEngine) -> Iterator[None]:
    """Let the database use its freedom: what has no ORDER BY comes back to front every other time.

    The pragma that does it was made to find programs that rely on an order they did not ask for.
    Nothing is said of rows that are equal in what an ORDER BY names, either: they come by chance.
    """
    statements = 0

    async def turn(connection: Any, backwards: bool) -> None:
        await (await connection.execute(f"PRAGMA reverse_unordered_selects={backwards:d}")).close()

    def before(
        connection: Any, cursor: Any, statement: str, values: Any, *_: Any
    ) -> tuple[str, Any]:
        nonlocal statements
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            statements += 1
            await_(turn(connection.connection.driver_connection, statements % 2 == 0))
            # A statement of several, like a UNION, is ordered by its columns alone.
            if "UNION" not in statement.upper() and (parts := WITHOUT_AN_ID.fullmatch(statement)):
                statement = f"{parts[1]}, random(){parts[2] or ''}"
        return statement, values

    with listening((engine.sync_engine, "before_cursor_execute", before), retval=True):
        yield


@contextlib.asynccontextmanager
async def uncollected() -> AsyncIterator[None]:
    """Give the garbage collector a break: it may come late, so nobody may rely on it."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
        gc.collect()
        await until_idle(SOON)  # what was collected may have an end of its own
