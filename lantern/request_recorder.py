"""Record what happens in one request.

Functions are seen where FastAPI calls them, background tasks where Starlette does; of any other
ASGI app the client, the wire and the pool are recorded.
"""

import asyncio
import contextlib
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from lantern.events import listening
from lantern.lifetimes import (
    BEGINS,
    BREAKS,
    CLIENT,
    COMMIT,
    ENDS,
    POOL,
    ROLLBACK,
    SENDS,
    WIRE,
    RequestLife,
    RequestStep,
    Spans,
    before_solving,
    dependency_noted,
    endpoint_noted,
    wire_step,
)
from lantern.sql import sync_side
from lantern.wire import App, Message, Receive, Send, asgi_call

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

# Only what the recorded request does counts, not what others do with the app or the engine.
_current: ContextVar["_Recorder | None"] = ContextVar("request", default=None)


async def record_request(
    app: App, method: str, path: str, *engines: "Engine | AsyncEngine", **options: Any
) -> RequestLife:
    """Call `app` in this process, and record the life of that request until the app is done.

    `options` go to asgi_call. What other tasks do meanwhile is left out, and so is a dependency
    that is overridden or is no function. Raises RuntimeError inside of another recording.
    """
    recorder = _Recorder()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_only_one())
        for engine in engines:
            stack.enter_context(recorder.listen(sync_side(engine)))
        stack.enter_context(recorder.follow_functions())
        stack.enter_context(recorder.follow_background())
        token = _current.set(recorder)
        stack.callback(_current.reset, token)
        recorder.note(CLIENT, CLIENT, BEGINS, f"{method} {path}")
        if (seconds := options.get("hang_up_after")) is not None:
            timer = asyncio.get_running_loop().call_later(seconds, recorder.hang_up)
            stack.callback(timer.cancel)
        recorder.life.response = await asgi_call(recorder.wire(app), method, path, **options)
    return recorder.life


_recording = False


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    global _recording
    if _recording:
        raise RuntimeError("One request is recorded at a time; call others with asgi_call.")
    _recording = True
    try:
        yield
    finally:
        _recording = False


class _Recorder(Spans):
    def __init__(self) -> None:
        self.life = RequestLife()
        self._names: Counter[str] = Counter()
        self._records: list[Any] = []
        self._held: list[Any] = []
        self._observed: dict[Any, Callable[..., Any]] = {}

    def note(self, lane: str, name: str, kind: str, what: str = "", error: str = "") -> None:
        """Add a step, if it is taken by the request that is recorded."""
        self._add(RequestStep(lane, name, kind, what, error))

    def _add(self, step: RequestStep | None) -> None:
        if step and _current.get() is self:
            self.life.steps.append(step)

    def names(self) -> Counter[str]:
        """Return how often a function of each name has begun."""
        return self._names

    def hang_up(self) -> None:
        """Note once that the client leaves, unless it has its whole answer."""
        left = any((step.lane, step.kind) == (CLIENT, ENDS) for step in self.life.steps)
        if not left and self.life.answered == len(self.life.steps):
            self.note(CLIENT, CLIENT, ENDS, "hangs up")

    def wire(self, app: App) -> App:
        """Return the app with a note of everything that it sends."""

        async def noting(scope: Message, receive: Receive, send: Send) -> None:
            async def send_and_note(message: Message) -> None:
                self._add(wire_step(message))
                await send(message)

            async def receive_and_note() -> Message:
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.hang_up()
                return message

            try:
                await app(scope, receive_and_note, send_and_note)
            except Exception as error:
                self.note(WIRE, WIRE, BREAKS, error=type(error).__name__)
                raise

        return noting

    @contextlib.contextmanager
    def listen(self, engine: Engine) -> Iterator[None]:
        """Note the connections that the request takes, and what it sends over them."""

        def sends(connection: Any, what: str) -> None:
            if _current.get() is self:
                name = self._connection(connection.connection._connection_record)
                self.note(POOL, name, SENDS, what)

        def executes(connection: Any, cursor: Any, sql: str, *_: Any) -> None:
            if not sql.startswith("BEGIN"):
                sends(connection, sql.split(maxsplit=1)[0])

        def fails(failure: Any) -> None:
            if failure.statement is not None and failure.execution_context is None:
                # A lazy load that cannot wait: it fails before it is sent.
                executes(failure.connection, None, failure.statement)
            steps = self.life.steps
            last = next((n for n in range(len(steps))[::-1] if steps[n].lane == POOL), None)
            if _current.get() is self and last is not None:
                error = type(failure.sqlalchemy_exception or failure.original_exception)
                steps[last] = replace(steps[last], error=error.__name__)

        listeners: dict[str, Callable[..., None]] = {
            "checkout": lambda _, record, __: self._taken(record),
            "reset": lambda _, record, state: self._reset(record, state.transaction_was_reset),
            "checkin": lambda _, record: self._given_back(record),
            "before_cursor_execute": executes,
            "commit": lambda connection: sends(connection, COMMIT),
            "rollback": lambda connection: sends(connection, ROLLBACK),
            "handle_error": fails,
        }
        with listening(*((engine, *listener) for listener in listeners.items())):
            yield

    def _connection(self, record: Any) -> str:
        if record not in self._records:
            self._records.append(record)
        return f"connection {self._records.index(record) + 1}"

    def _taken(self, record: Any) -> None:
        if _current.get() is self:
            self._held.append(record)
            self.note(POOL, self._connection(record), BEGINS)

    def _reset(self, record: Any, was_reset: bool) -> None:
        # The pool rolls back whatever comes back; it is noted where something was open.
        if was_reset or record not in self._held:
            return
        name = self._connection(record)
        last = next(step for step in reversed(self.life.steps) if step.name == name)
        if last.kind == SENDS and (last.error or last.what not in (COMMIT, ROLLBACK)):
            self.life.steps.append(RequestStep(POOL, name, SENDS, ROLLBACK))

    def _given_back(self, record: Any) -> None:
        # A connection may be given back in a task of its own, which has no part in the request.
        if record in self._held:
            self._held.remove(record)
            self.life.steps.append(RequestStep(POOL, self._connection(record), ENDS))

    @contextlib.contextmanager
    def follow_functions(self) -> Iterator[None]:
        """Observe endpoint and dependencies of the route that FastAPI finds for the request."""
        restored = contextlib.ExitStack()

        def observe(dependant: Any, overridden: Any) -> None:
            if _current.get() is self:
                self._observe(dependant, endpoint_noted, restored, overridden)

        with restored, before_solving(observe):
            yield

    def _observe(
        self, dependant: Any, around: Any, restored: contextlib.ExitStack, overridden: Any
    ) -> None:
        call = dependant.call
        if inspect.isroutine(call) and call not in overridden:
            # One function gets one observer: FastAPI tells by it what it has already called.
            if call not in self._observed:
                self._observed[call] = around(call, self)
            dependant.call = self._observed[call]
            restored.callback(setattr, dependant, "call", call)
        for needed in dependant.dependencies:
            self._observe(needed, dependency_noted, restored, overridden)
