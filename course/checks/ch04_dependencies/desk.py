"""What ch04-ex1 and ch04-ex4 look through: requests that come one by one, and what each did."""

import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, describe, interruption, line_of_its_own
from course.checking.patience import SOON, until_idle
from course.checks.requests import as_it_begins
from course.checks.sessions import Rows, close_all, fill, kept_factories
from lantern import asgi_call
from lantern.theatre import make_engine
from lantern.wire import Message

# A journal of this kind lets a reader hold up a COMMIT; who is held up is told at once.
SETTINGS = ("journal_mode=MEMORY", "synchronous=OFF")


class Desk:
    """An engine on a database of its own, the factories `read` and `write`, and what they did.

    Sessions are kept: what an answer does not close must not vanish unseen.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.read, self.write = kept_factories(engine)
        self.begun = self.committed = self.taken = self.out = 0
        # A connection that nobody gave back is kept, so that no garbage collection can hide it.
        self.lent: list[Any] = []
        self.path = str(engine.url.database)
        for name, listener in (
            ("begin", self._begin),
            ("commit", self._commit),
            ("checkout", self._checkout),
            ("checkin", self._checkin),
        ):
            event.listen(engine.sync_engine, name, listener)

    def _begin(self, connection: Any) -> None:
        self.begun += 1

    def _commit(self, connection: Any) -> None:
        # A COMMIT that has nothing to commit, as in AUTOCOMMIT, is none.
        self.committed += connection.connection.driver_connection.in_transaction

    def _checkout(self, connection: Any, record: Any, lent: Any) -> None:
        self.lent.append(lent)
        self.taken += 1
        self.out += 1

    def _checkin(self, connection: Any, record: Any) -> None:
        self.out -= 1

    def rows(self, query: str) -> list[list[Any]]:
        """Return what another program reads now; nothing while it is locked out."""
        with contextlib.closing(sqlite3.connect(self.path, timeout=0)) as other:
            try:
                return [list(row) for row in other.execute(query)]
            except sqlite3.OperationalError:
                return []

    def correct(self, statement: str, *values: Any) -> None:
        """Let another program write, unless somebody else still does."""
        other = sqlite3.connect(self.path, timeout=0)
        with contextlib.closing(other), contextlib.suppress(sqlite3.OperationalError), other:
            other.execute(statement, values)

    @contextlib.contextmanager
    def reader(self) -> Iterator[None]:
        """Let another program read meanwhile: no COMMIT goes through."""
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM shows").fetchall()
            yield

    async def ask(
        self,
        app: Any,
        path: str,
        query: str,
        headers: dict[str, str] | None = None,
        method: str = "POST",
    ) -> dict[str, Any]:
        """Send a request to a path of the app, and return as plain data what was seen of it.

        `first` are the rows of the query when the first byte of the answer came, `after` those
        when the app was through. `read` and `write` are the sessions that were made of each,
        `begun` and `committed` transactions, `taken` connections; `out` are the connections not
        given back.
        """
        before = self._counts()
        first: list[list[list[Any]]] = []

        async def look(_: Message) -> None:
            first.append(self.rows(query))

        watched = as_it_begins(app, look)
        outcome = await attempt(lambda: asgi_call(watched, method, path, headers=headers))
        if outcome.ended == "timed out":
            await until_idle(SOON)  # it was cancelled, and what it closes takes its time
        response = outcome.value if outcome.ended == "returned" else None
        failed = response.error if response else None
        counts = {name: count - before[name] for name, count in self._counts().items()}
        return {
            **outcome.as_dict(),
            "value": None,
            "status": response.status if response else None,
            "body": _parsed(response.body) if response else None,
            "error": describe(failed) if failed else outcome.error,
            "where": line_of_its_own(failed) if failed else outcome.where,
            "first": first[0] if first else [],
            "after": self.rows(query),
            **counts,
        }

    def _counts(self) -> dict[str, int]:
        return {
            "read": self.read.class_.made,
            "write": self.write.class_.made,
            "begun": self.begun,
            "committed": self.committed,
            "taken": self.taken,
            "out": self.out,
        }


@contextlib.asynccontextmanager
async def desk(rows: Iterable[Rows], busy_timeout: int = 0) -> AsyncIterator[Desk]:
    """Give a desk with these rows for one observation, and leave nothing of it behind.

    SQLite is as the driver ships it: what goes wrong is seen as it is met elsewhere. Who is locked
    out waits for `busy_timeout`, in milliseconds. Of two at once one may be: even the PRAGMAs of a
    new connection read the file, for longer on a busy machine, and no COMMIT goes through then.
    """
    engine = make_engine(as_shipped=True)

    def set_up(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        for setting in (f"busy_timeout={busy_timeout}", *SETTINGS):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", set_up)
    await fill(engine, rows)
    it = Desk(engine)
    try:
        yield it
    finally:
        await close_all(it.read)
        await close_all(it.write)
        await engine.dispose()


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace") or None


def why_not_made(made: dict[str, Any], name: str, cure: str) -> str | None:
    """Say why an app could not be made; the cure is for what is no Annotated with a Depends."""
    reason = interruption(made, name)
    signs = "Invalid args for response field", "'Depends' object has no attribute"
    if not reason or not any(sign in reason for sign in signs):
        return reason
    # What follows in FastAPI's own message is about return types.
    told, _, rest = reason.partition(" If you are using a return type")
    where = f" It came from {made['where']}." if rest and made.get("where") else ""
    return f"{told}{where} {cure}"


def how_it_failed(request: dict[str, Any]) -> str:
    """Return what the app raised, to follow on a status; nothing where it raised nothing."""
    if not request["error"]:
        return ""
    where = f", which came from {request['where']}" if request["where"] else ""
    return f": {str(request['error']).rstrip('.:')}{where}"
