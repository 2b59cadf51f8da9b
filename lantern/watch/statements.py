"""Statements by route: how many a request sends, from which lines, and which of them repeat."""

import itertools
from dataclasses import dataclass, field
from typing import NamedTuple

from lantern.plugin.findings import Place
from lantern.plugin.loads import FEWEST
from lantern.plugin.requests import Request
from lantern.plugin.run import Run, Watcher
from lantern.steps import READ, kind_of
from lantern.watch.connections import Out

MOST_ROUTES, MOST_STATEMENTS = 100, 60  # that are kept; of a route, or of a request
ELSEWHERE = "outside of any request"


class Key(NamedTuple):
    """What counts as one statement: its text, and the line that sends it."""

    sql: str
    place: Place | None


@dataclass
class Sum:
    """How often a statement was sent, the most of one request, and the seconds of all."""

    times: int = 0
    most: int = 0
    seconds: float = 0.0
    values: str = ""  # of the last one, where they are asked for

    def add(self, other: "Sum") -> None:
        """Take in what was sent at once: a statement, or all of a request."""
        self.times += other.times
        self.most = max(self.most, other.times)
        self.seconds += other.seconds
        self.values = other.values

    def repeats(self, sql: str) -> bool:
        """Tell whether one request asks again and again: N+1, it may be."""
        return self.most >= FEWEST and kind_of(sql) == READ


@dataclass
class Sent:
    """What one request has sent, or all of a route; `all` counts also what is not listed."""

    number: int = 0
    requests: int = 0
    all: Sum = field(default_factory=Sum)
    each: dict[Key, Sum] = field(default_factory=dict)

    def add(self, key: Key, sum: Sum) -> None:
        """Add to one statement; of so many, no other is begun."""
        if key in self.each or len(self.each) < MOST_STATEMENTS:
            self.each.setdefault(key, Sum()).add(sum)


class Statements(Watcher):
    """Counts by route when a request has ended, and at once what belongs to none."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._numbers = itertools.count(1)
        self._under_way: dict[Request, Sent] = {}
        self._routes: dict[str, Sent] = {}

    def tell(self, request: Request | None, out: Out, seconds: float) -> None:
        """Note a statement that is over."""
        sent = self._under_way.setdefault(request, Sent()) if request else self._of(ELSEWHERE)
        one = Sum(1, 1, seconds, out.values)
        sent.all.add(one)
        sent.add(Key(out.sql, out.line), one)

    def count(self, request: Request) -> int:
        """Return how many statements a request that is under way has sent."""
        sent = self._under_way.get(request)
        return sent.all.times if sent else 0

    def request_ended(self, request: Request) -> None:
        mine, route = self._under_way.pop(request, Sent()), self._of(request.route)
        route.requests += 1
        route.all.add(mine.all)
        for key, sum in mine.each.items():
            route.add(key, sum)

    def _of(self, route: str) -> Sent:
        """Return what a route has sent; the one without a request for longest makes room."""
        sent = self._routes.pop(route, None) or Sent(next(self._numbers))
        self._routes[route] = sent
        while len(self._routes) > MOST_ROUTES:
            del self._routes[next(iter(self._routes))]
        return sent

    def by_route(self) -> list[tuple[str, Sent]]:
        """Return what each route has sent, the one that was asked first before the others."""
        return sorted([*self._routes.items()], key=lambda item: item[1].number)
