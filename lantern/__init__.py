"""The kit of the course: the theatre's database, and instruments that show what code does.

Instruments return plain data; pictures are pure functions of that data.
Everything works in a notebook, in a script and in pytest.
"""

from lantern.audit import Audit, audit
from lantern.engine import make_engine, make_factories, make_sync_engine, temporary_database
from lantern.expect import UnexpectedSuccess, expect, first_line, is_missing_greenlet
from lantern.figure import Picture
from lantern.heartbeat import Heartbeat, heartbeat
from lantern.models import (
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
from lantern.picture import draw, draw_pool
from lantern.pool import PoolWatch, pool_watch
from lantern.sql import count_sql
from lantern.timeline import Freeze, Recording, Span, Usage, timeline
from lantern.wire import Response, Wire, asgi_call, client, lifespan

__all__ = [
    "Audit",
    "Base",
    "Freeze",
    "Guest",
    "Heartbeat",
    "Hold",
    "LedgerEntry",
    "Order",
    "Picture",
    "PoolWatch",
    "Recording",
    "Response",
    "Seat",
    "Show",
    "Span",
    "Ticket",
    "UnexpectedSuccess",
    "Usage",
    "Wire",
    "asgi_call",
    "audit",
    "client",
    "count_sql",
    "draw",
    "draw_pool",
    "expect",
    "first_line",
    "heartbeat",
    "is_missing_greenlet",
    "lifespan",
    "make_engine",
    "make_factories",
    "make_sync_engine",
    "pool_watch",
    "seed",
    "seed_sync",
    "temporary_database",
    "timeline",
]
