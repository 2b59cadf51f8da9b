"""The last requests, and those under way: what is needed to draw the life of each."""

import contextlib
import importlib.util
import inspect
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from lantern.lifetimes import (
    RequestLife,
    RequestStep,
    Spans,
    before_solving,
    dependency_noted,
    endpoint_noted,
)
from lantern.pictures.figure import without_style
from lantern.pictures.requests import draw_requests
from lantern.plugin.requests import MOST_STEPS, Request, current
from lantern.plugin.run import Run, Watcher
from lantern.watch.statements import Statements

MOST = 40  # requests that are kept when they are over
# What tells the route. The rest may hold sessions, and who keeps them keeps their connections.
PLAIN = ("type", "method", "path", "route", "endpoint")


@dataclass
class Life:
    """A request with its clock, by time.perf_counter; `seconds` when it is over."""

    request: Request
    began: float
    statements: int = 0
    seconds: float | None = None

    def picture(self) -> str:
        """Return its picture as HTML without a style; the path is told as that of the route."""
        first, *steps = [*self.request.life.steps]
        steps = [replace(first, what=self.request.route), *steps]
        drawn = draw_requests(RequestLife(steps, self.request.life.response))
        return without_style(drawn.html)


class Lives(Watcher):
    """Keeps requests, and lets the functions of a route note when they run."""

    def __init__(self, run: Run, statements: Statements) -> None:
        super().__init__(run)
        self._statements = statements
        self._under_way: dict[int, Life] = {}
        self._over: deque[Life] = deque(maxlen=MOST)
        self._spans = CurrentSpans()
        self._noted: dict[Any, Callable[..., Any]] = {}

    def under_way(self) -> list[Life]:
        """Return the requests that are not over, the newest first."""
        return [*self._under_way.values()][::-1]

    def over(self) -> list[Life]:
        """Return the last requests that are, the newest first."""
        return [*self._over][::-1]

    def find(self, number: int) -> Life | None:
        """Return a request by its number, if it is kept."""
        lives = (*self.under_way(), *self.over())
        return next((life for life in lives if life.request.number == number), None)

    def request_began(self, request: Request) -> None:
        self._under_way[request.number] = Life(request, time.perf_counter())

    def request_ended(self, request: Request) -> None:
        life = self._under_way.pop(request.number)
        life.seconds = time.perf_counter() - life.began
        life.statements = self._statements.count(request)
        request.scope = {name: request.scope[name] for name in PLAIN if name in request.scope}
        self._over.append(life)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Follow endpoints and dependencies where FastAPI calls them, and background tasks."""
        if importlib.util.find_spec("fastapi") is None:
            yield
            return
        importlib.import_module("fastapi.routing")  # before_solving takes what is imported

        def follow(dependant: Any, overridden: Any) -> None:
            if current() is not None:
                self._follow(dependant, endpoint_noted, overridden)

        with before_solving(follow), self._spans.follow_background():
            yield

    def _follow(self, dependant: Any, noted: Any, overridden: Any) -> None:
        """Let a function note when it runs, from now on; an overridden one is found by itself."""
        call = dependant.call
        own = getattr(call, "__wrapped__", None)
        if own is not None and self._noted.get(own) is call:
            if own in overridden:
                dependant.call = own
        elif inspect.isroutine(call) and call not in overridden:
            # One function gets one that notes: FastAPI tells by it what it has already called.
            if call not in self._noted:
                self._noted[call] = noted(call, self._spans)
            dependant.call = self._noted[call]
        for needed in dependant.dependencies:
            self._follow(needed, dependency_noted, overridden)


class CurrentSpans(Spans):
    """Notes in the life of whichever request the function works for."""

    def __init__(self) -> None:
        self._names: weakref.WeakKeyDictionary[Request, Counter[str]] = weakref.WeakKeyDictionary()

    def note(self, lane: str, name: str, kind: str, what: str = "", error: str = "") -> None:
        """Add a step, if there is a request, and room."""
        request = current()
        if request is not None and len(request.life.steps) < MOST_STEPS:
            request.life.steps.append(RequestStep(lane, name, kind, what, error))

    def names(self) -> Counter[str]:
        """Return how often a function of each name has begun for the request."""
        request = current()
        return Counter() if request is None else self._names.setdefault(request, Counter())
