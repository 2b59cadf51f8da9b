"""The kit of the course: the theatre's database, and instruments that show what code does.

Instruments return plain data; pictures are pure functions of that data.
Everything works in a notebook, in a script and in pytest.
"""

from lantern.audit import Audit, audit
from lantern.bridge import Bridge, Pass, bridge, draw_bridge
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
from lantern.states import StateStep, StateWatch, state_of, state_watch
from lantern.states_picture import draw_states
from lantern.timeline import Freeze, Recording, Span, Usage, timeline
from lantern.wire import Response, Wire, asgi_call, client, lifespan

__all__ = [
    "Audit",
    "Base",
    "Bridge",
    "Freeze",
    "Guest",
    "Heartbeat",
    "Hold",
    "LedgerEntry",
    "Order",
    "Pass",
    "Picture",
    "PoolWatch",
    "Recording",
    "Response",
    "Seat",
    "Show",
    "Span",
    "StateStep",
    "StateWatch",
    "Ticket",
    "UnexpectedSuccess",
    "Usage",
    "Wire",
    "asgi_call",
    "audit",
    "bridge",
    "client",
    "count_sql",
    "draw",
    "draw_bridge",
    "draw_pool",
    "draw_states",
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
    "state_of",
    "state_watch",
    "temporary_database",
    "timeline",
]
