"""Record tasks, connections, SQL, and what held up the loop, on one clock."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Engine

from lantern.events import listening
from lantern.pulse import heartbeat
from lantern.recording import (
    FROZEN,
    QUERYING,
    QUEUING,
    RUNNING,
    WAITING,
    Delay,
    Freeze,
    Recording,
    Span,
    Usage,
)
from lantern.sql import sync_side

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

# The pool's checkin can fire in a task of its own: the lane travels by context, not by task. One
# recorder may run inside another one's lane, and each has its own name for it.
_lanes: ContextVar[dict["Recorder", str]] = ContextVar("lanes", default={})  # noqa: B039  replaced


class Recorder:
    """Collects a Recording while it runs; made by timeline()."""

    def __init__(self) -> None:
        self.recording = Recording()
        self.began = time.perf_counter()
        self._connections: list[Any] = []
        self._held: dict[int, tuple[str, float]] = {}

    def now(self) -> float:
        """Return seconds since the start of the recording."""
        return time.perf_counter() - self.began

    async def lane(self, name: str, work: Awaitable[T]) -> T:
        """Await `work` as the lane `name`: every step it takes on the loop is recorded."""
        self.recording.lanes.append(name)
        token = _lanes.set({**_lanes.get(), self: name})
        began = self.now()
        try:
            return await _Steps(work, name, self)
        finally:
            _lanes.reset(token)
            self.note(WAITING, began, name)

    def note(self, state: str, start: float, lane: str | None = None, sql: str = "") -> None:
        """Add a span that ends now, for the given lane or the one this code runs in."""
        lane = lane or _lanes.get().get(self)
        if lane is not None:
            self.recording.spans.append(Span(lane, state, start, self.now(), sql))

    @contextlib.contextmanager
    def listen(self, engine: Engine) -> Iterator[None]:
        """Record the engine's pool and statements for as long as the block runs."""
        began: dict[Any, float] = {}

        def before(
            connection: Any, cursor: Any, sql: str, values: Any, context: Any, _: Any
        ) -> None:
            began[context] = self.now()

        def after(
            connection: Any, cursor: Any, sql: str, values: Any, context: Any, _: Any
        ) -> None:
            self.note(QUERYING, began.pop(context), sql=sql)

        def failed(failure: Any) -> None:
            if failure.execution_context in began:
                self.note(QUERYING, began.pop(failure.execution_context), sql=failure.statement)

        listeners: dict[str, Callable[..., None]] = {
            "before_cursor_execute": before,
            "after_cursor_execute": after,
            "handle_error": failed,
            "checkout": self._checkout,
            "checkin": self._checkin,
        }
        with _asking(engine.pool, self._asked):
            try:
                with listening(*((engine, *listener) for listener in listeners.items())):
                    yield
            finally:
                for number in list(self._held):
                    self._give_back(number)

    @contextlib.contextmanager
    def _asked(self) -> Iterator[None]:
        began = self.now()
        try:
            yield
        finally:
            self.note(QUEUING, began)

    def _checkout(self, dbapi_connection: Any, record: Any, proxy: Any) -> None:
        lane = _lanes.get().get(self)
        if lane is None:
            return
        if record not in self._connections:
            self._connections.append(record)
        self._held[self._connections.index(record)] = (lane, self.now())

    def _checkin(self, dbapi_connection: Any, record: Any) -> None:
        if record in self._connections:
            self._give_back(self._connections.index(record))

    def _give_back(self, number: int) -> None:
        if number in self._held:
            lane, start = self._held.pop(number)
            self.recording.usages.append(Usage(number + 1, lane, start, self.now()))


@contextlib.contextmanager
def _asking(pool: Any, around: Callable[[], Any]) -> Iterator[None]:
    """Enter `around()` whenever somebody asks the pool: no event tells when one began to ask."""
    if "connect" not in vars(pool):
        pool.connect = _Asked(pool.connect)
    recorders = pool.connect.around
    recorders.append(around)
    try:
        yield
    finally:
        recorders.remove(around)
        if not recorders:
            del pool.connect


class _Asked:
    """A pool's connect, with what every recorder that listens wants around it."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self.connect = connect
        self.around: list[Callable[[], Any]] = []

    def __call__(self) -> Any:
        with contextlib.ExitStack() as stack:
            for around in tuple(self.around):
                stack.enter_context(around())
            return self.connect()


class _Steps(Generic[T]):
    """An awaitable that notes when its coroutine runs, between one await and the next."""

    def __init__(self, work: Awaitable[T], lane: str, recorder: Recorder) -> None:
        self.work, self.lane, self.recorder = work, lane, recorder

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self.work.__await__()
        step, value = steps.send, None
        while True:
            began = self.recorder.now()
            try:
                waiting_for = step(value)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                self.recorder.note(RUNNING, began, self.lane)
            try:
                step, value = steps.send, (yield waiting_for)
            except BaseException as error:
                step, value = steps.throw, error


@contextlib.asynccontextmanager
async def timeline(*engines: "Engine | AsyncEngine") -> AsyncIterator[Recorder]:
    """Record the block: its lanes, the engines' connections and SQL, and what held up the loop.

    Await work as `await recorder.lane("request 1", work)`; afterwards `recorder.recording`
    holds the data. Code in a thread is recorded where it touches an engine.
    """
    recorder = Recorder()
    with contextlib.ExitStack() as stack:
        for engine in engines:
            stack.enter_context(recorder.listen(sync_side(engine)))
        async with heartbeat() as pulse:
            recorder.began = time.perf_counter()
            yield recorder
            await asyncio.sleep(0)
        recorder.recording.seconds = recorder.now()
    for gap in pulse.gaps:
        start, end = max(0.0, gap.start - recorder.began), gap.end - recorder.began
        thawed = min(start + gap.frozen, end) if gap.frozen > FROZEN else start
        if thawed > start:
            recorder.recording.freezes.append(Freeze(start, thawed))
        if end - thawed > FROZEN:
            recorder.recording.delays.append(Delay(thawed, end))
