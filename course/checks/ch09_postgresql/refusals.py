"""What PostgreSQL's drivers raise for a row that is refused, built without a PostgreSQL.

So that an answer can be asked where there is none, and where it is shut in. Each has what the real
one has, as far as a program may ask it: `tests/checks/test_ch09_postgresql.py` provokes both.
"""

from dataclasses import dataclass, replace
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import IntegrityError

ASYNCPG, PSYCOPG = "asyncpg", "psycopg"
GERMAN = ", in German"


@dataclass(frozen=True)
class Refusal:
    """A row that was refused: the statement, its values, and what the server said of it."""

    statement: str
    values: tuple[Any, ...]
    name: str  # of the error's class; psycopg leaves out its last word
    state: str
    message: str
    detail: str
    constraint: str | None


def refusals(email: str, show: int, seat: int) -> dict[str, Refusal]:
    """Return the refusals of the theatre's rules, and of others that are like them."""
    unique = ("UniqueViolationError", "23505")
    guest = 'duplicate key value violates unique constraint "{}"'
    into_guests = "INSERT INTO guests (email) VALUES ($1)"
    into_orders = "INSERT INTO orders (show_id, guest_id, total_cents) VALUES ($1, $2, $3)"
    into_tickets = "INSERT INTO tickets (order_id, seat_id) VALUES ($1, $2)"
    return {
        "known guest": Refusal(
            into_guests, (email,), *unique, guest.format("uq_guests_email"),
            f"Key (email)=({email}) already exists.", "uq_guests_email",
        ),
        "taken seat": Refusal(
            into_tickets, (1, seat), *unique, guest.format("uq_tickets_seat_id"),
            f"Key (seat_id)=({seat}) already exists.", "uq_tickets_seat_id",
        ),
        "no such show": Refusal(
            into_orders, (show, 1, 2500), "ForeignKeyViolationError", "23503",
            'insert or update on table "orders" violates foreign key constraint '
            '"fk_orders_show_id_shows"',
            f'Key (show_id)=({show}) is not present in table "shows".', "fk_orders_show_id_shows",
        ),
        "a number twice": Refusal(
            "INSERT INTO guests (id, email) VALUES ($1, $2)", (1, email), *unique,
            guest.format("pk_guests"), "Key (id)=(1) already exists.", "pk_guests",
        ),
        "no such guest": Refusal(
            into_orders, (1, 99, 2500), "ForeignKeyViolationError", "23503",
            'insert or update on table "orders" violates foreign key constraint '
            '"fk_orders_guest_id_guests"',
            'Key (guest_id)=(99) is not present in table "guests".', "fk_orders_guest_id_guests",
        ),
        "nothing in a column": Refusal(
            into_guests, (None,), "NotNullViolationError", "23502",
            'null value in column "email" of relation "guests" violates not-null constraint',
            "Failing row contains (9, null).", None,
        ),
    }  # fmt: skip


def in_german(known: dict[str, Refusal]) -> dict[str, Refusal]:
    """Return what a server that speaks German says of the three rules, as PostgreSQL has it."""
    unique = ("doppelter Schlüsselwert verletzt Unique-Constraint »{}«", "existiert bereits.")
    foreign = (
        "Einfügen oder Aktualisieren in Tabelle »orders« verletzt Fremdschlüssel-Constraint »{}«",
        "ist nicht in Tabelle »shows« vorhanden.",
    )
    said = {"known guest": unique, "taken seat": unique, "no such show": foreign}
    return {
        name + GERMAN: replace(
            known[name],
            message=message.format(known[name].constraint),
            detail=f"Schlüssel {known[name].detail.split(' ')[1]} {end}",
        )
        for name, (message, end) in said.items()
    }


def raised(refusal: Refusal, driver: str) -> IntegrityError:
    """Return the error as SQLAlchemy raises it over a driver."""
    state, detail, constraint = refusal.state, refusal.detail, refusal.constraint
    given: Any = (
        of_asyncpg(
            refusal.name, refusal.message, sqlstate=state, detail=detail, constraint_name=constraint
        )
        if driver == ASYNCPG
        else of_psycopg(
            refusal.name.removesuffix("Error"), refusal.message, state, detail, constraint
        )
    )
    error = IntegrityError(refusal.statement, refusal.values, given)
    error.__cause__ = given
    return error


def of_asyncpg(name: str, message: str, general: str = "Error", **told: Any) -> Exception:
    """Return SQLAlchemy's error around asyncpg's, which has this name, and tells all this.

    SQLAlchemy has a class of its own for few of asyncpg's; of the others it is the general one.
    """
    inner: Exception = _class_of("asyncpg.exceptions", name)(message)
    vars(inner).update(told)
    adapted: type[Any] = getattr(
        AsyncAdapt_asyncpg_dbapi, name, getattr(AsyncAdapt_asyncpg_dbapi, general)
    )
    outer: Exception = adapted(message, inner)
    outer.__cause__ = inner
    return outer


def of_psycopg(
    name: str, message: str, state: str, detail: str, constraint: str | None = None
) -> Exception:
    """Return psycopg's error of this name."""
    words = f"{message}\nDETAIL:  {detail}" if detail else message
    said = {
        "sqlstate": state,
        "message_primary": message,
        "message_detail": detail or None,
        "constraint_name": constraint,
    }
    kind = _class_of("psycopg.errors", name)
    if hasattr(kind, "diag"):
        fields = import_module("psycopg.pq").DiagnosticField
        info = {fields[key.upper()]: value.encode() for key, value in said.items() if value}
        real: Exception = kind(words, info=info)
        return real
    error: Exception = kind(words)
    vars(error).update(sqlstate=state, diag=SimpleNamespace(**said))
    return error


def _class_of(module: str, name: str) -> Any:
    """Return the driver's own class where it is installed, since an answer may ask for it."""
    try:
        return getattr(import_module(module), name)
    except (ImportError, OSError):  # psycopg looks for a library, which a grader may refuse
        return type(name, (Exception,), {})
