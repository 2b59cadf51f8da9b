"""A request as it passes: seen around the call of the app, whoever makes it."""

import asyncio
import contextlib
import functools
import importlib.util
import itertools
import sys
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from lantern.events import replaced
from lantern.lifetimes import (
    BEGINS,
    BREAKS,
    CLIENT,
    ENDS,
    POOL,
    WIRE,
    RequestLife,
    RequestStep,
    wire_step,
)
from lantern.plugin import places
from lantern.plugin.findings import Place
from lantern.plugin.places import place_of_function
from lantern.wire import Message, Receive, Send

MOST_STEPS = 300  # that are kept of one request for its picture
_numbers = itertools.count(1)


class Request:
    """One call of the app, from its first to its last line, background tasks included."""

    def __init__(self, scope: Message) -> None:
        self.number = next(_numbers)
        self.scope = scope
        self.life = RequestLife()
        self.has_ended = False
        self.is_answered = False  # its last byte has left
        self.task = self.sender = current_task()
        self._connections: list[Any] = []
        self.note(CLIENT, CLIENT, BEGINS, f"{scope.get('method', 'WEBSOCKET')} {scope['path']}")

    @property
    def status(self) -> int | None:
        """The status of the answer, as soon as it was sent."""
        return self.life.response.status

    @property
    def is_success(self) -> bool:
        """Tell whether the client was told that all went well."""
        return self.status is not None and self.status < 400

    @property
    def route(self) -> str:
        """The method and the route, with the names of its parameters where the app tells them."""
        path = getattr(self.scope.get("route"), "path", None) or self.scope["path"]
        return f"{self.scope.get('method', 'WEBSOCKET')} {path}"

    @property
    def endpoint(self) -> Place | None:
        """Where the endpoint begins."""
        return place_of_function(self.scope.get("endpoint"))

    def note(self, lane: str, name: str, kind: str, what: str = "") -> None:
        """Add a step to the request's life."""
        if len(self.life.steps) < MOST_STEPS:
            self.life.steps.append(RequestStep(lane, name, kind, what))

    def note_pool(self, record: Any, kind: str, what: str = "") -> None:
        """Add a step of one of its connections."""
        if record not in self._connections:
            self._connections.append(record)
        self.note(POOL, f"connection {self._connections.index(record) + 1}", kind, what)

    def forget_connections(self) -> None:
        """Keep nobody's engine alive."""
        self._connections.clear()

    def sends(self, message: Message) -> None:
        """Note what leaves for the client, and by which task."""
        self.sender = current_task()
        if step := wire_step(message):
            self.note(step.lane, step.name, step.kind, step.what)
            if step.kind == BEGINS:
                self.life.response.status = message["status"]
            else:
                self.is_answered = step.kind == ENDS


_current: ContextVar[Request | None] = ContextVar("lantern request", default=None)

_starting: ContextVar[Any] = ContextVar("lantern app", default=None)


def starting() -> Any:
    """Return the app whose lifespan runs this code."""
    return _starting.get()


def current() -> Request | None:
    """Return the request that this code works for, while it lasts."""
    request = _current.get()
    return None if request is None or request.has_ended else request


def current_in(context: Any) -> Request | None:
    """Return the request that code in another context works for."""
    request: Request | None = context.get(_current) if context is not None else None
    return None if request is None or request.has_ended else request


@contextlib.contextmanager
def watching(
    began: Callable[[Request], None],
    ended: Callable[[Request], None],
    app_ended: Callable[[Any], None],
) -> Iterator[None]:
    """Follow every request to an app of Starlette's or FastAPI's; two are told of each.

    `app_ended` is told of each app whose lifespan was run, and is over.
    """
    if importlib.util.find_spec("starlette") is None:
        yield
        return
    from starlette.applications import Starlette

    call = Starlette.__call__

    async def watched(app: Any, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" and starting() is None:
            token = _starting.set(app)
            try:
                return await call(app, scope, receive, send)
            finally:
                _starting.reset(token)
                app_ended(app)
        if scope["type"] not in ("http", "websocket") or current() is not None:
            return await call(app, scope, receive, send)
        request = Request(scope)

        async def send_and_note(message: Message) -> None:
            request.sends(message)
            await send(message)

        if not sys.get_coroutine_origin_tracking_depth():  # it is of each thread
            sys.set_coroutine_origin_tracking_depth(1)
        token = _current.set(request)
        began(request)
        try:
            await call(app, scope, receive, send_and_note)
        except BaseException as error:
            request.life.steps.append(RequestStep(WIRE, WIRE, BREAKS, error=type(error).__name__))
            raise
        finally:
            request.has_ended = True
            _current.reset(token)
            ended(request)
            request.forget_connections()

    places.boundary = watched.__code__
    with replaced(Starlette, "__call__", functools.wraps(call)(watched)):
        yield


def current_task() -> Any:
    """Return a weak reference to the task that runs; None in a thread without a loop."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return None if task is None else weakref.ref(task)
