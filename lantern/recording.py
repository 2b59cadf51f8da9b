"""Record tasks, connections, SQL, and what held up the loop, on one clock.

A recording is plain data; lantern.pictures.tasks draws it.
"""

import asyncio
import contextlib
import heapq
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Engine

from lantern.events import listening
from lantern.pulse import heartbeat
from lantern.sql import sync_side

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

# What a task can be doing, in the order in which one hides another.
RUNNING = "running on the loop"
QUEUING = "waiting for a connection"
QUERYING = "waiting for the database"
HOLDING = "holding a connection, idle"
WAITING = "waiting for something else"

WAYS = (RUNNING, QUEUING, QUERYING, HOLDING, WAITING)

# A loop that is held up for so long, in seconds, counts as frozen.
FROZEN = 0.25

# The pool's checkin can fire in a task of its own: the lane travels by context, not by task. One
# recorder may run inside another one's lane, and each has its own name for it.
_lanes: ContextVar[dict["Recorder", str]] = ContextVar("lanes", default={})  # noqa: B039  replaced


@dataclass(frozen=True)
class Span:
    """What `lane` did between two moments, in seconds since the start of the recording.

    `state` is one of lantern.recording.WAYS; `sql` is what it waits for at the database.
    """

    lane: str
    state: str
    start: float
    end: float
    sql: str = ""


@dataclass(frozen=True)
class Usage:
    """Connection number `connection` (from 1) was held by `lane`."""

    connection: int
    lane: str
    start: float
    end: float


@dataclass(frozen=True)
class Freeze:
    """The program kept the loop from answering between two moments."""

    start: float
    end: float


@dataclass(frozen=True)
class Delay:
    """The machine was busy, and the loop, which was free, waited for it between two moments."""

    start: float
    end: float


@dataclass
class Recording:
    """Everything that happened, in seconds since the start; lanes in order of appearance.

    Where a freeze and a delay follow one another, only their lengths were measured, not which
    came first.
    """

    lanes: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    freezes: list[Freeze] = field(default_factory=list)
    delays: list[Delay] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def frozen(self) -> float:
        """Seconds in which the loop was frozen, in total."""
        return sum(freeze.end - freeze.start for freeze in self.freezes)

    @property
    def delayed(self) -> float:
        """Seconds for which a free loop waited for a busy machine, in total."""
        return sum(delay.end - delay.start for delay in self.delays)

    @property
    def most_connections(self) -> int:
        """The largest number of connections held at one time."""
        moments = sorted(
            [(use.start, 1) for use in self.usages] + [(use.end, -1) for use in self.usages]
        )
        most = now = 0
        for _, change in moments:
            now += change
            most = max(most, now)
        return most

    def states(self, lane: str) -> list[Span]:
        """Return what a lane did, one span after another without gap or overlap."""
        return self.states_by_lane().get(lane, [])

    def states_by_lane(self) -> dict[str, list[Span]]:
        """Return what each lane did, as `states` does for one."""
        spans: dict[str, list[Span]] = defaultdict(list)
        for span in self.spans:
            spans[span.lane].append(span)
        for use in self.usages:
            spans[use.lane].append(Span(use.lane, HOLDING, use.start, use.end))
        return {lane: _uppermost(mine) for lane, mine in spans.items()}


def _uppermost(spans: list[Span]) -> list[Span]:
    """Return what is seen of spans that lie one over another: equal neighbours are one."""
    spans = sorted(spans, key=lambda span: WAYS.index(span.state))
    edges = sorted({edge for span in spans for edge in (span.start, span.end)})
    coming = sorted(((span.start, rank) for rank, span in enumerate(spans)), reverse=True)
    open_ranks: list[int] = []
    seen: list[Span] = []
    for start, end in itertools.pairwise(edges):
        while coming and coming[-1][0] <= start:
            heapq.heappush(open_ranks, coming.pop()[1])
        while open_ranks and spans[open_ranks[0]].end <= start:
            heapq.heappop(open_ranks)
        if not open_ranks:
            continue
        top = spans[open_ranks[0]]
        if seen and (seen[-1].state, seen[-1].sql) == (top.state, top.sql):
            start = seen.pop().start
        seen.append(Span(top.lane, top.state, start, end, top.sql))
    return seen


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
