"""The theatre of the lessons: models, first rows, audit, and engines on a database of its own."""

from lantern.theatre.engines import (
    make_engine,
    make_factories,
    make_sync_engine,
    temporary_database,
)
from lantern.theatre.invariants import Audit, audit
from lantern.theatre.models import (
    Base,
    Guest,
    Hold,
    LedgerEntry,
    Order,
    Seat,
    Show,
    Ticket,
    seed,
    seed_sync,
)
from lantern.theatre.postgres import NoPostgres, postgres_database, postgres_url

__all__ = [
    "Audit",
    "Base",
    "Guest",
    "Hold",
    "LedgerEntry",
    "NoPostgres",
    "Order",
    "Seat",
    "Show",
    "Ticket",
    "audit",
    "make_engine",
    "make_factories",
    "make_sync_engine",
    "postgres_database",
    "postgres_url",
    "seed",
    "seed_sync",
    "temporary_database",
]
