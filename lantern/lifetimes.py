"""Record what happens in one request, step by step: client, wire, endpoint, dependencies, pool.

A recording is plain data in the order of events, without a clock; lantern.pictures.requests
draws it. Functions are seen where FastAPI calls them, background tasks where Starlette does;
of any other ASGI app the client, the wire and the pool are recorded.
"""

import asyncio
import contextlib
import functools
import inspect
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from lantern.events import listening, replaced
from lantern.sql import sync_side
from lantern.wire import App, Message, Receive, Response, Send, asgi_call

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

# Who takes a step, in the order in which they are drawn.
CLIENT = "client"
WIRE = "wire"
ENDPOINT = "endpoint"
DEPENDENCY = "dependency"
POOL = "pool"
BACKGROUND = "background"
LANES = (CLIENT, WIRE, ENDPOINT, DEPENDENCY, POOL, BACKGROUND)

# What a step is. A connection begins when it is taken, and ends when it is back in the pool; the
# wire begins with the status, ends with the last byte, and breaks when the app raises an error.
BEGINS = "begins"
YIELDS = "yields"
RESUMES = "resumes"
SENDS = "sends"
ENDS = "ends"
BREAKS = "breaks"

COMMIT, ROLLBACK = "COMMIT", "ROLLBACK"


@dataclass(frozen=True)
class RequestStep:
    """One step: `name` says which dependency or connection, `what` and `error` what came of it.

    `lane` is client, wire, endpoint, dependency, pool or background, and `kind` is begins, yields,
    resumes, sends, ends or breaks. `what` is the request, the status, a part of the body, or the
    first word of a statement; `error` is the class of the exception that this step ended with, or
    that reached a `yield`.
    """

    lane: str
    name: str
    kind: str
    what: str = ""
    error: str = ""


@dataclass
class RequestLife:
    """The steps of one request, in order, and what its client got."""

    steps: list[RequestStep] = field(default_factory=list)
    response: Response = field(default_factory=Response)

    @property
    def answering(self) -> int:
        """How many steps came before the status; all of them if none was sent."""
        return self._index(BEGINS)

    @property
    def answered(self) -> int:
        """How many steps came before the last byte; all of them if it was not sent."""
        return self._index(ENDS)

    def when(self, step: RequestStep) -> str:
        """Tell when a step of this life came: before, during or after the answer."""
        index = next(number for number, one in enumerate(self.steps) if one is step)
        if index < self.answering:
            return "before the answer"
        return "after the answer" if index > self.answered else "during the answer"

    def _index(self, kind: str) -> int:
        for index, step in enumerate(self.steps):
            if (step.lane, step.kind) == (WIRE, kind):
                return index
        return len(self.steps)


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


class Spans:
    """Notes when functions begin, pause and end; subclasses say in which life."""

    def note(self, lane: str, name: str, kind: str, what: str = "", error: str = "") -> None:
        """Add a step to the life."""
        raise NotImplementedError

    def names(self) -> Counter[str]:
        """Return how often a function of each name has begun in this life."""
        raise NotImplementedError

    @contextlib.contextmanager
    def span(self, lane: str, function_name: str) -> Iterator[str]:
        """Note the begin and the end of a block; a name that was there gets a number."""
        names = self.names()
        names[function_name] += 1
        number = names[function_name]
        name = function_name if number == 1 else f"{function_name} {number}"
        self.note(lane, name, BEGINS)
        try:
            yield name
        except BaseException as error:
            self.note(lane, name, ENDS, error=type(error).__name__)
            raise
        self.note(lane, name, ENDS)

    @contextlib.contextmanager
    def pause(self, name: str) -> Iterator[None]:
        """Note that a dependency waits at its yield while the block runs."""
        self.note(DEPENDENCY, name, YIELDS)
        try:
            yield
        except BaseException as error:
            self.note(DEPENDENCY, name, RESUMES, error=type(error).__name__)
            raise
        self.note(DEPENDENCY, name, RESUMES)

    @contextlib.contextmanager
    def follow_background(self) -> Iterator[None]:
        """Note when a background task of Starlette runs."""
        background = sys.modules.get("starlette.background")
        if background is None:
            yield
            return
        task_class: Any = background.__dict__["BackgroundTask"]
        run: Any = task_class.__call__

        async def run_noted(task: Any) -> None:
            with self.span(BACKGROUND, getattr(task.func, "__name__", "task")):
                await run(task)

        with replaced(task_class, "__call__", run_noted):
            yield


class _Recorder(Spans):
    def __init__(self) -> None:
        self.life = RequestLife()
        self._names: Counter[str] = Counter()
        self._records: list[Any] = []
        self._held: list[Any] = []
        self._observed: dict[Any, Callable[..., Any]] = {}

    def note(self, lane: str, name: str, kind: str, what: str = "", error: str = "") -> None:
        """Add a step, if it is taken by the request that is recorded."""
        if _current.get() is self:
            self.life.steps.append(RequestStep(lane, name, kind, what, error))

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
                if message["type"] == "http.response.start":
                    self.note(WIRE, WIRE, BEGINS, str(message["status"]))
                elif message["type"] == "http.response.body" and message.get("more_body"):
                    self.note(WIRE, WIRE, SENDS, "part")
                elif message["type"] == "http.response.body":
                    self.note(WIRE, WIRE, ENDS, "last byte")
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
        routing = sys.modules.get("fastapi.routing")
        if routing is None:
            yield
            return
        solve: Any = routing.__dict__["solve_dependencies"]
        restored = contextlib.ExitStack()

        async def solve_observed(*, dependant: Any, **options: Any) -> Any:
            if _current.get() is self:
                provider = options.get("dependency_overrides_provider")
                overridden = getattr(provider, "dependency_overrides", {})
                self._observe(dependant, endpoint_noted, restored, overridden)
            return await solve(dependant=dependant, **options)

        with restored, replaced(routing, "solve_dependencies", solve_observed):
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


def endpoint_noted(call: Any, spans: Spans) -> Callable[..., Any]:
    """Return a function of the same kind that notes when it begins and ends."""

    @functools.wraps(call)
    async def items(*args: Any, **values: Any) -> AsyncIterator[Any]:
        with spans.span(ENDPOINT, call.__name__):
            async with contextlib.aclosing(call(*args, **values)) as produced:
                async for item in produced:
                    yield item

    @functools.wraps(call)
    def sync_items(*args: Any, **values: Any) -> Iterator[Any]:
        with spans.span(ENDPOINT, call.__name__):
            yield from call(*args, **values)

    if inspect.isasyncgenfunction(call):
        return items
    return sync_items if inspect.isgeneratorfunction(call) else _plain(call, spans, ENDPOINT)


def dependency_noted(call: Any, spans: Spans) -> Callable[..., Any]:
    """Return a dependency of the same kind that notes its steps, its yield among them."""

    @functools.wraps(call)
    async def opened(*args: Any, **values: Any) -> AsyncIterator[Any]:
        with spans.span(DEPENDENCY, call.__name__) as name:
            async with contextlib.asynccontextmanager(call)(*args, **values) as value:
                with spans.pause(name):
                    yield value

    @functools.wraps(call)
    def sync_opened(*args: Any, **values: Any) -> Iterator[Any]:
        opens = contextlib.contextmanager(call)
        with (
            spans.span(DEPENDENCY, call.__name__) as name,
            opens(*args, **values) as value,
            spans.pause(name),
        ):
            yield value

    if inspect.isasyncgenfunction(call):
        return opened
    return sync_opened if inspect.isgeneratorfunction(call) else _plain(call, spans, DEPENDENCY)


def _plain(call: Any, spans: Spans, lane: str) -> Callable[..., Any]:
    @functools.wraps(call)
    async def awaited(*args: Any, **values: Any) -> Any:
        with spans.span(lane, call.__name__):
            return await call(*args, **values)

    @functools.wraps(call)
    def called(*args: Any, **values: Any) -> Any:
        with spans.span(lane, call.__name__):
            return call(*args, **values)

    return awaited if inspect.iscoroutinefunction(call) else called
