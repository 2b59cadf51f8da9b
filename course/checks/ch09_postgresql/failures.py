"""What PostgreSQL's drivers raise for what has failed at the server, built without a PostgreSQL.

Each has what the real one has, as far as a program may ask it for what was wrong:
`tests/checks/test_ch09_postgresql.py` provokes those that a server can be brought to.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exc
from sqlalchemy.exc import DBAPIError

from course.checks.ch09_postgresql.refusals import ASYNCPG, of_asyncpg, of_psycopg

SALE = "UPDATE shows SET sold=$1 WHERE shows.id = $2"


@dataclass(frozen=True)
class Failure:
    """What failed: its code and message, and which classes say so over each driver.

    Over asyncpg these are SQLAlchemy's own class, which is also that of its adapted error, and
    asyncpg's; over psycopg SQLAlchemy's and psycopg's. A connection that is `lost` is
    invalidated; asyncpg has no code then, and `unread` is what it says.
    """

    state: str
    message: str
    asyncpg: tuple[str, str]
    psycopg: tuple[str, str]
    detail: str = ""
    lost: bool = False
    unread: str = ""


FAILURES = {
    "serialization": Failure(
        "40001", "could not serialize access due to concurrent update",
        ("Error", "SerializationError"), ("OperationalError", "SerializationFailure"),
    ),
    "dependencies": Failure(
        "40001", "could not serialize access due to read/write dependencies among transactions",
        ("Error", "SerializationError"), ("OperationalError", "SerializationFailure"),
        "Reason code: Canceled on identification as a pivot, during commit attempt.",
    ),
    "deadlock": Failure(
        "40P01", "deadlock detected",
        ("Error", "DeadlockDetectedError"), ("OperationalError", "DeadlockDetected"),
    ),
    "unique": Failure(
        "23505", 'duplicate key value violates unique constraint "uq_guests_email"',
        ("IntegrityError", "UniqueViolationError"), ("IntegrityError", "UniqueViolation"),
        "Key (email)=({typed}) already exists.",
    ),
    "lock timeout": Failure(
        "55P03", "canceling statement due to lock timeout",
        ("Error", "LockNotAvailableError"), ("OperationalError", "LockNotAvailable"),
    ),
    "statement timeout": Failure(
        "57014", "canceling statement due to statement timeout",
        ("Error", "QueryCanceledError"), ("OperationalError", "QueryCanceled"),
    ),
    "lost": Failure(
        "57P01", "terminating connection due to administrator command",
        ("InterfaceError", "InterfaceError"), ("OperationalError", "AdminShutdown"), lost=True,
        unread="cannot call Transaction.commit(): the underlying connection is closed",
    ),
    "lost earlier": Failure(
        "57P01", "terminating connection due to administrator command",
        ("InterfaceError", "InterfaceError"), ("OperationalError", "AdminShutdown"), lost=True,
        unread="cannot call PreparedStatement.fetch(): the underlying connection is closed",
    ),
    "unknown": Failure(
        "40003", "statement completion is unknown",
        ("Error", "StatementCompletionUnknownError"),
        ("OperationalError", "StatementCompletionUnknown"),
    ),
}  # fmt: skip


def failed(failure: Failure, driver: str, statement: str | None, typed: str = "") -> DBAPIError:
    """Return the error as SQLAlchemy raises it over a driver; a COMMIT has no statement."""
    detail = failure.detail.format(typed=typed)
    over_asyncpg = driver == ASYNCPG
    name = failure.asyncpg[0] if over_asyncpg else failure.psycopg[0]
    kind: Any = getattr(exc, {"Error": "DBAPIError"}.get(name, name))
    given = (
        _of_asyncpg(failure, detail)
        if over_asyncpg
        else of_psycopg(failure.psycopg[1], failure.message, failure.state, detail)
    )
    error: DBAPIError = kind(statement, (typed, 7) if statement else None, given)
    error.__cause__, error.connection_invalidated = given, failure.lost
    return error


def _of_asyncpg(failure: Failure, detail: str) -> Exception:
    general, name = failure.asyncpg
    if failure.unread:
        return of_asyncpg(name, failure.unread, general)
    return of_asyncpg(
        name, failure.message, general,
        sqlstate=failure.state, detail=detail or None, constraint_name=None,
    )  # fmt: skip
