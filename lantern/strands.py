"""Tasks that take steps at the database, and the line of those that wait in its server."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lantern.steps import (
    COMMITTED,
    EVERYTHING,
    START,
    WAIT,
    Pending,
    Step,
    Touch,
    Transaction,
)

AT_WORK, AT_DRIVER, AT_TURN = "at work", "at the driver", "at its turn"
IN_LINE = "in line"  # at the driver, and the server says that it waits for one of us
# Others may see it, or the server act upon it, before the transaction has come to its COMMIT.
SEEN_AT_ONCE = frozenset({COMMITTED, EVERYTHING})


class OutOfTurn(Exception):
    """Of two that waited in the server together, the second one went on first.

    That is another order: the one in which the second one has begun to wait first.
    """


@dataclass
class Strand:
    """A task that takes steps: one of those that are explored, or one that such a one started.

    `owner` is the number of the explored task. `waits`: its step was refused by a lock, and can
    be tried again once somebody's transaction has ended. `gives_up`: the next time it is not.
    `place` and `behind`: since when it waits in the server, if it does, and for whom, by letter.
    """

    letter: str
    owner: int
    state: str = AT_WORK
    pending: Pending = field(default_factory=lambda: Pending(START, ""))
    turn: "asyncio.Future[None] | None" = None
    waits: bool = False
    gives_up: bool = False
    process: int = 0  # of the server
    held: Transaction = field(default_factory=Transaction)
    place: int = 0
    behind: frozenset[str] = frozenset()


@dataclass(frozen=True)
class GoneOn:
    """A step that has waited in the server, and its place and whom it was behind there."""

    place: int
    behind: frozenset[str]
    touch: Touch
    step: Step


class Line:
    """Those who wait in the server, in the order in which they began to.

    The server lets them go on by itself, once who is in their way has come to an end. Of several
    that go on at once the first one is served first, or settle raises OutOfTurn, if `in_turn`.
    `is_told` is False as soon as who was first made a difference, and cannot be told.
    """

    def __init__(self, in_turn: bool = True) -> None:
        self.in_turn, self.is_told = in_turn, True
        self.strands: list[Strand] = []
        self._numbers = itertools.count(1)
        self._gone_on: list[GoneOn] = []

    def with_it(self, strand: Strand) -> Pending:
        """Return what a strand is about to do, and touch: with it, all that may go on then."""
        touch = strand.pending.touch
        if touch.changes:
            for one in self.strands:
                touch |= one.pending.touch
        return replace(strand.pending, touch=touch)

    def ask_again(self) -> None:
        """Forget who waits: something has happened."""
        for strand in self.strands:
            strand.state = AT_DRIVER

    def leave(self, strand: Strand, step: Step) -> None:
        """Note what became of a step that has waited; settle gives it its place among others."""
        self._gone_on.append(GoneOn(strand.place, strand.behind, strand.pending.touch, step))
        self.strands.remove(strand)
        strand.place, strand.behind = 0, frozenset()

    def settle(self, waiting: list[Strand], behind: dict[str, frozenset[str]]) -> Iterator[Step]:
        """Yield the steps that went on since the last time, and then those that wait anew.

        `waiting` are all who wait now, `behind` says by their letters for whom.
        """
        gone = sorted(self._gone_on, key=lambda one: one.place)
        self._gone_on = []
        letters = {one.step.task for one in gone}
        together = [one for one in gone if one.behind.isdisjoint(letters)]
        if len(together) > 1:
            self.is_told &= all(one.touch.changes.isdisjoint(SEEN_AT_ONCE) for one in together)
        for strand in self.strands:
            later = {one.step.task for one in gone if one.place > strand.place}
            if not later & (behind[strand.letter] - strand.behind):
                continue
            self.is_told = False
            if self.in_turn:
                raise OutOfTurn(f"{strand.letter} has waited longer than {', '.join(later)}")
        yield from (one.step for one in gone)
        for strand in sorted(waiting, key=lambda one: (not one.place, one.place, one.letter)):
            if not strand.place:
                strand.place = next(self._numbers)
                self.strands.append(strand)
            if strand.behind != behind[strand.letter]:
                strand.behind = behind[strand.letter]
                asked, whom = strand.pending, ", ".join(sorted(strand.behind))
                yield Step(strand.letter, WAIT, asked.sql, asked.values, whom)


def in_a_circle(waiting: dict[int, set[int]]) -> bool:
    """Tell whether one of the server's processes waits for itself, through others."""
    return any(process in _reached(process, waiting) for process in waiting)


def _reached(process: int, waiting: dict[int, set[int]]) -> set[int]:
    reached, new = set[int](), {process}
    while new:
        new = set[int]().union(*(waiting.get(one, ()) for one in new)) - reached
        reached |= new
    return reached
