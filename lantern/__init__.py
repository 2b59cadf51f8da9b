"""Instruments that show what code does with an engine, a session and the event loop.

An instrument returns plain data, and a picture is a pure function of that data. Most take any
engine and any app, and what they change of either while they record, they put back.
Everything works in a notebook, in a script and in pytest.
"""

from lantern.conductor import Stuck
from lantern.errors import UnexpectedSuccess, expect, first_line, is_missing_greenlet
from lantern.lifetimes import RequestLife, RequestStep
from lantern.orders import DoesNotFit, Exploration, explore, replay, walk
from lantern.pictures.figure import Picture
from lantern.pictures.orders import draw_order
from lantern.pictures.requests import draw_requests
from lantern.pictures.states import draw_states
from lantern.pictures.switches import draw_bridge
from lantern.pictures.tasks import draw, draw_pool
from lantern.pool import PoolWatch, checkins, pool_watch
from lantern.pulse import Gap, Heartbeat, heartbeat
from lantern.recording import Delay, Freeze, Recording, Span, Usage
from lantern.request_recorder import record_request
from lantern.sql import count_sql, transactions
from lantern.states import StateStep, StateWatch, state_of, state_watch
from lantern.steps import Order, Step
from lantern.switches import Bridge, Pass, bridge
from lantern.task_recorder import timeline
from lantern.wire import Response, Wire, asgi_call, client, lifespan

__all__ = [
    "Bridge",
    "Delay",
    "DoesNotFit",
    "Exploration",
    "Freeze",
    "Gap",
    "Heartbeat",
    "Order",
    "Pass",
    "Picture",
    "PoolWatch",
    "Recording",
    "RequestLife",
    "RequestStep",
    "Response",
    "Span",
    "StateStep",
    "StateWatch",
    "Step",
    "Stuck",
    "UnexpectedSuccess",
    "Usage",
    "Wire",
    "asgi_call",
    "bridge",
    "checkins",
    "client",
    "count_sql",
    "draw",
    "draw_bridge",
    "draw_order",
    "draw_pool",
    "draw_requests",
    "draw_states",
    "expect",
    "explore",
    "first_line",
    "heartbeat",
    "is_missing_greenlet",
    "lifespan",
    "pool_watch",
    "record_request",
    "replay",
    "state_of",
    "state_watch",
    "timeline",
    "transactions",
    "walk",
]
