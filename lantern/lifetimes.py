"""The life of one request: its steps as plain data, and functions that note theirs.

The steps are in the order of events, without a clock; lantern.pictures.requests draws them.
"""

import contextlib
import functools
import inspect
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lantern.events import replaced
from lantern.wire import Message, Response

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


def wire_step(message: Message) -> RequestStep | None:
    """Return the step at the wire that a message of the app's is, if it is one."""
    if message["type"] == "http.response.start":
        return RequestStep(WIRE, WIRE, BEGINS, str(message["status"]))
    if message["type"] != "http.response.body":
        return None
    if message.get("more_body"):
        return RequestStep(WIRE, WIRE, SENDS, "part")
    return RequestStep(WIRE, WIRE, ENDS, "last byte")


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


@contextlib.contextmanager
def before_solving(look: Callable[[Any, Any], None]) -> Iterator[None]:
    """Call `look(dependant, overridden)` before FastAPI calls the functions of a route."""
    routing = sys.modules.get("fastapi.routing")
    if routing is None:
        yield
        return
    solve: Any = routing.__dict__["solve_dependencies"]

    async def look_and_solve(*, dependant: Any, **options: Any) -> Any:
        provider = options.get("dependency_overrides_provider")
        look(dependant, getattr(provider, "dependency_overrides", {}))
        return await solve(dependant=dependant, **options)

    with replaced(routing, "solve_dependencies", look_and_solve):
        yield


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
