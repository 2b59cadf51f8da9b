"""Follow one object through the states that a session gives it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from lantern.events import listening

TRANSIENT = "transient"
PENDING = "pending"
PERSISTENT = "persistent"
DELETED = "deleted"
DETACHED = "detached"
STATES = (TRANSIENT, PENDING, PERSISTENT, DELETED, DETACHED)

# The session's own events, and the move that each one announces; "" is the database.
MOVES = {
    "transient_to_pending": (TRANSIENT, PENDING),
    "pending_to_transient": (PENDING, TRANSIENT),
    "pending_to_persistent": (PENDING, PERSISTENT),
    "persistent_to_transient": (PERSISTENT, TRANSIENT),
    "persistent_to_deleted": (PERSISTENT, DELETED),
    "persistent_to_detached": (PERSISTENT, DETACHED),
    "deleted_to_persistent": (DELETED, PERSISTENT),
    "deleted_to_detached": (DELETED, DETACHED),
    "detached_to_persistent": (DETACHED, PERSISTENT),
    "loaded_as_persistent": ("", PERSISTENT),
}


@dataclass(frozen=True)
class StateStep:
    """What was done, the state after it, and the moves (from, to) on the way there."""

    name: str
    state: str
    moves: tuple[tuple[str, str], ...] = ()


@dataclass
class StateWatch:
    """The steps of one object, in order; lantern.draw_states draws them."""

    steps: list[StateStep] = field(default_factory=list)

    def __repr__(self) -> str:
        width = max((len(step.name) for step in self.steps), default=0)
        return "\n".join(f"{step.name:<{width}}  {step.state}" for step in self.steps)


class StateRecorder(StateWatch):
    """A StateWatch of an object that is still alive; made by state_watch()."""

    def __init__(self, thing: Any) -> None:
        super().__init__()
        self._thing = thing
        self._moves: list[tuple[str, str]] = []

    def step(self, name: str) -> None:
        """Note the state of the object now, under the name of what was done last."""
        self.steps.append(StateStep(name, state_of(self._thing), tuple(self._moves)))
        self._moves.clear()

    def listener(self, move: tuple[str, str]) -> Any:
        """Return a listener for a session's event that notes a move of this object."""

        def note(session: Session, instance: Any) -> None:
            if instance is self._thing:
                self._moves.append(move)

        return note


def state_of(thing: Any) -> str:
    """Return the state of a mapped object: one of lantern.states.STATES."""
    state = inspect(thing)
    return next(name for name in STATES if getattr(state, name))


@contextmanager
def state_watch(thing: Any) -> Iterator[StateRecorder]:
    """Follow an object through every session it meets while the block runs.

    Call step("what was done") after each line that matters.
    """
    watch = StateRecorder(thing)
    with listening(*((Session, name, watch.listener(move)) for name, move in MOVES.items())):
        yield watch
