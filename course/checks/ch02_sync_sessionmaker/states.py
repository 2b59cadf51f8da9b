"""ch02-ex3: the states of an object."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.orm import Session

from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch02_sync_sessionmaker.watched import WatchedDatabase
from lantern import state_of
from lantern.theatre import (
    Guest,
)

# each mark: what came before it, the promise it belongs to, and why it is what it is
MARKS = (
    ("added", "queued", "the session knows the guest now, and has sent nothing"),
    (
        "flushed",
        "sent",
        "the flush sent the INSERT, so before any commit there is a row, and a session",
    ),
    (
        "rolled back",
        "undone",
        "nothing was committed, so the rollback took the INSERT back: there is no row, and "
        "no session knows the guest",
    ),
    (
        "to be deleted, and left",
        "closed",
        "the INSERT was committed and no DELETE was sent, so there is a row; after the close "
        "there is no session",
    ),
    ("added again", "queued", "the guest has a row, and a session again"),
    ("deletion flushed", "deleted", "the flush sent the DELETE, and the transaction goes on"),
    (
        "deletion committed",
        "sent",
        "the DELETE was committed: there is no row any more, and the session let the guest go",
    ),
)


def evening(new_session: Callable[[], Session], mark: Callable[[Guest], None]) -> None:
    """The program whose states the learner names; the notebook shows this very text."""
    guest = Guest(email="keeper@lantern.example")
    session = new_session()
    session.add(guest)
    mark(guest)
    session.flush()
    mark(guest)
    session.rollback()
    mark(guest)
    session.add(guest)
    session.commit()
    session.delete(guest)
    session.close()
    mark(guest)
    session.add(guest)
    mark(guest)
    session.delete(guest)
    session.flush()
    mark(guest)
    session.commit()
    mark(guest)


async def observe_states(case: None, states: Any) -> dict[str, Any]:
    """Run the program, and keep the answer beside the states it went through."""
    database = WatchedDatabase(())
    true: list[str] = []
    evening(database.Session, lambda guest: true.append(state_of(guest)))
    database.close()
    said = (
        [str(word).strip().lower() for word in states]
        if isinstance(states, list | tuple)
        else repr(states)
    )
    return {"said": said, "true": true}


# (place, what was said) -> what is wrong with that, where it says more than the mark's reason
WHY = {
    (0, "persistent"): "add() only queues: a flush sends the INSERT",
    (2, "pending"): "the rollback takes back the add as well: nobody waits to be sent",
    (2, "detached"): "a detached object keeps its row's identity; this row was taken back",
    (2, "deleted"): "no DELETE was sent; the INSERT was taken back",
    (3, "deleted"): "delete() only made a note, and the close threw it away: no DELETE was sent",
    (3, "persistent"): "the row is there, but the close let the guest go: nobody refreshes it now",
    (4, "pending"): "the guest has a row, so there is nothing to insert",
    (4, "deleted"): "the note of the deletion went with the close, before any DELETE was sent",
    (5, "detached"): "the session still needs the guest, in case of a rollback; a commit would "
    "let it go",
    (5, "transient"): "a row that is on its way out does not make the guest new",
    (6, "transient"): "the row is gone, and the guest is not new again: SQLAlchemy keeps its "
    "identity",
    (6, "deleted"): "the commit ended the transaction: no rollback can bring the row back, and "
    "the session let the guest go",
}


def judge_states(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    said, true = seen["said"], seen["true"]
    if not isinstance(said, list) or len(said) != len(true):
        message = (
            f"Write a list of {len(true)} states, one a mark; this has {len(said)}."
            if isinstance(said, list)
            else f"Write a list of {len(true)} states, as strings; this is {said}."
        )
        yield Nothing(message)
        return
    told: dict[str, list[str]] = {}
    for place, (word, state) in enumerate(zip(map(str, said), true, strict=True)):
        if word != state:
            mark, promise, reason = MARKS[place]
            known = "" if word in set(true) else " (a state that does not exist)"
            told.setdefault(promise, []).append(
                f"Mark {place + 1}, {mark}: you said {word!r}{known}; "
                f"{WHY.get((place, word), reason)}."
            )
    for promise, messages in told.items():
        yield Broken(promise, " ".join(messages))


STATES_OF_AN_EVENING = Exercise(
    id="ch02-ex3",
    title="Name the state, seven times",
    objectives=("states",),
    answers=("states",),
    promises={
        "queued": "what add does, and what it does not do yet",
        "sent": "what a flush and a commit make of it",
        "undone": "what a rollback leaves of what was never committed",
        "deleted": "what delete does, and what it does not do yet",
        "closed": "what is left when the session is closed",
    },
    hints=(
        "Two questions at each mark: does a session know the guest? Is there a row, as far as "
        "this transaction can see?",
        "add and delete only make a note; the flush sends it, and a close throws away what was "
        "not sent. An object that has a row already needs no INSERT.",
        "A rollback goes back to the last commit, or to the beginning. What was there at that "
        "moment?",
    ),
    observe=observe_states,
    judge=judge_states,
)
