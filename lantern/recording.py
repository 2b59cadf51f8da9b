"""What tasks, connections and the loop did, on one clock: plain data, for whoever draws it.

lantern.task_recorder records it; lantern.pictures.tasks draws it.
"""

import heapq
import itertools
from collections import defaultdict
from dataclasses import dataclass, field

# What a task can be doing, in the order in which one hides another.
RUNNING = "running on the loop"
QUEUING = "waiting for a connection"
QUERYING = "waiting for the database"
HOLDING = "holding a connection, idle"
WAITING = "waiting for something else"

WAYS = (RUNNING, QUEUING, QUERYING, HOLDING, WAITING)

# A loop that is held up for so long, in seconds, counts as frozen.
FROZEN = 0.25


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
    """What was recorded, in seconds since the start; lanes in order of appearance.

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
