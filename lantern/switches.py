"""Record the greenlet bridge: who may wait for the loop, and who tried without leave."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.exc import MissingGreenlet

from lantern.events import listening
from lantern.sql import sync_side

if TYPE_CHECKING:
    from greenlet import greenlet
    from sqlalchemy.ext.asyncio import AsyncEngine

# How the baton moves between the task on the loop and the greenlet beside it.
CALLS = "calls"  # the task starts a function in a greenlet
AWAITS = "awaits"  # the greenlet hands over something to await
RESUMES = "resumes"  # the task brings back the result
RETURNS = "returns"  # the function is done
REFUSED = "refused"  # code outside of any greenlet wanted to wait

# What aiosqlite calls its steps, in plain words; another driver's names are shown as they are.
PLAIN = {
    "Result.__aenter__": "open a cursor",
    "Cursor.close": "close the cursor",
    "Connection.commit": "commit",
    "Connection.rollback": "roll back",
}


@dataclass(frozen=True)
class Pass:
    """One move of the baton: calls, awaits, resumes, returns or refused; `what` names the work."""

    kind: str
    what: str = ""


@dataclass
class Bridge:
    """Every move of the baton, in order."""

    passes: list[Pass] = field(default_factory=list)

    @property
    def awaits(self) -> list[str]:
        """What greenlets handed over to be awaited, in order."""
        return [move.what for move in self.passes if move.kind == AWAITS]

    @property
    def refused(self) -> list[str]:
        """The statements that were wanted where nobody could await them."""
        return [move.what for move in self.passes if move.kind == REFUSED]


class _Watcher:
    """Turns greenlet's switches and the engine's events into passes."""

    def __init__(self) -> None:
        self.recording = Bridge()
        self.sql = ""

    def on_switch(self, how: str, between: "tuple[greenlet, greenlet]") -> None:
        origin, target = between
        if target.parent is origin:
            known = any(move.kind == CALLS for move in self.open_passes())
            self.note(RESUMES) if known else self.note(CALLS, _local(origin.gr_frame, "fn"))
        elif origin.parent is target and origin.dead:
            self.note(RETURNS, "an error" if how == "throw" else "")
        elif origin.parent is target:
            awaited = _local(origin.gr_frame, "awaitable")
            self.note(AWAITS, self.sql or PLAIN.get(awaited, awaited))
            self.sql = ""

    def open_passes(self) -> list[Pass]:
        """Return the passes since the last return."""
        kinds = [move.kind for move in self.recording.passes]
        last = len(kinds) - kinds[::-1].index(RETURNS) if RETURNS in kinds else 0
        return self.recording.passes[last:]

    def on_statement(self, connection: Any, cursor: Any, sql: str, *rest: Any) -> None:
        self.sql = short(sql)

    def on_error(self, failure: Any) -> None:
        if isinstance(failure.original_exception, MissingGreenlet):
            self.sql = ""
            self.note(REFUSED, short(failure.statement or ""))

    def note(self, kind: str, what: str = "") -> None:
        self.recording.passes.append(Pass(kind, what))


@contextmanager
def bridge(engine: "Engine | AsyncEngine | None" = None) -> Iterator[Bridge]:
    """Record every switch between a task and its greenlet in this thread.

    With an engine, awaits carry their SQL, and statements that nobody could await are noted.
    One task at a time: the passes of tasks that run together would be mixed.
    Needs the package greenlet, which SQLAlchemy's asyncio extension needs as well.
    """
    from greenlet import gettrace, settrace

    watcher, before = _Watcher(), gettrace()
    with ExitStack() as stack:
        if engine is not None:
            target = sync_side(engine)
            sent = (target, "before_cursor_execute", watcher.on_statement)
            stack.enter_context(listening(sent, (target, "handle_error", watcher.on_error)))
        settrace(watcher.on_switch)
        stack.callback(settrace, before)
        yield watcher.recording


def short(sql: str) -> str:
    """Return a statement's verb and its first table: `SELECT … FROM shows`."""
    words = sql.split()
    if not words:
        return ""
    table = re.search(r"\b(FROM|INTO)\s+(\w+)", sql)
    if words[0] == "UPDATE":
        return f"UPDATE {words[1]}"
    if table is None:
        return sql if len(sql) <= 24 else f"{sql[:23]}…"
    return f"{words[0]} {'… ' if words[0] == 'SELECT' else ''}{table[1]} {table[2]}"


def _local(frame: FrameType | None, name: str) -> str:
    """Return the name of what a frame has under `name`: the bridge itself keeps no record."""
    value = frame.f_locals.get(name) if frame is not None else None
    return getattr(value, "__qualname__", "").split("<locals>.")[-1]
