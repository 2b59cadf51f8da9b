"""Record and draw the greenlet bridge: who may wait for the loop, and who tried without leave."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from greenlet import gettrace, greenlet, settrace
from sqlalchemy import Engine, event
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncEngine

from lantern.figure import RIGHT, WIDTH, Picture, figure, rect, text
from lantern.sql import sync_side

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

LOOP_X, GREENLET_X, TOP, STEP, AFTER, LEGEND = 150, 480, 52, 22, 16, 26  # pixels
BATON, BAR = 5, 10


@dataclass(frozen=True)
class Pass:
    """One move of the baton: `kind` is one of the constants above, `what` names the work."""

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

    def on_switch(self, how: str, between: tuple[greenlet, greenlet]) -> None:
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
def bridge(engine: Engine | AsyncEngine | None = None) -> Iterator[Bridge]:
    """Record every switch between a task and its greenlet in this thread.

    With an engine, awaits carry their SQL, and statements that nobody could await are noted.
    One task at a time: the passes of tasks that run together would be mixed.
    """
    watcher, before = _Watcher(), gettrace()
    with ExitStack() as stack:
        if engine is not None:
            target = sync_side(engine)
            for name, listener in (
                ("before_cursor_execute", watcher.on_statement),
                ("handle_error", watcher.on_error),
            ):
                event.listen(target, name, listener)
                stack.callback(event.remove, target, name, listener)
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


def draw_bridge(recording: Bridge, title: str = "") -> Picture:
    """Draw the passes from top to bottom: the task on the left, the greenlet on the right.

    A disc is the baton; an arrow without one is a wait that nobody could carry out.
    """
    parts = [
        text(0, 18, title, "title"),
        text(LOOP_X - 40, 42, "task on the loop"),
        text(GREENLET_X - 24, 42, "greenlet"),
    ]
    y, since = float(TOP), float(TOP)
    for move in recording.passes:
        y += STEP
        _pass(parts, move, y, since)
        since = y
        y += AFTER if move.kind in (RETURNS, REFUSED) else 0
    for x in (LOOP_X, GREENLET_X):
        parts.insert(0, f'<path class="grid" d="M{x} {TOP}V{y + AFTER:.0f}"/>')
    y = _legend(parts, y + AFTER)
    awaits, refused = len(recording.awaits), len(recording.refused)
    summary = f"awaits over the bridge: {awaits}; refused: {refused}"
    label = (
        f"The greenlet bridge. {title}: {summary}" if title else f"The greenlet bridge: {summary}"
    )
    return figure(parts, y, label, [_in_words(recording)], summary)


def _pass(parts: list[str], move: Pass, y: float, since: float) -> None:
    """Draw one move at height y; whoever had the baton worked from `since` until now."""
    if move.kind == REFUSED:
        _refusal(parts, move.what, y)
    elif move.kind in (CALLS, RESUMES):
        kind = "hold" if move.kind == RESUMES else "run"
        start = since if move.kind == RESUMES else y - AFTER / 2
        parts.append(rect(kind, LOOP_X - BAR / 2, start, BAR, y - start, move.what))
        parts.append(text(0, y + 4, move.what, "" if move.kind == CALLS else "soft"))
        _arrow(parts, LOOP_X, GREENLET_X, y)
    else:
        parts.append(rect("run", GREENLET_X - BAR / 2, since, BAR, y - since))
        _arrow(parts, GREENLET_X, LOOP_X, y)
        words = f"await {move.what}" if move.kind == AWAITS else f"done {move.what}".strip()
        parts.append(text(LOOP_X + 40, y - 5, words, "" if move.kind == AWAITS else "soft"))


def _arrow(parts: list[str], start: float, end: float, y: float) -> None:
    side = 1 if end > start else -1
    tip = end - side * (BAR / 2 + 1)
    head = f"m{-side * 8} -5l{side * 8} 5l{-side * 8} 5"
    parts.append(f'<path class="step" d="M{start + side * BAR / 2:.0f} {y:.0f}H{tip:.0f}{head}"/>')
    parts.append(_baton(tip - side * 22, y))


def _baton(x: float, y: float) -> str:
    return f'<circle class="run" cx="{x:.0f}" cy="{y:.0f}" r="{BATON}"/>'


def _refusal(parts: list[str], what: str, y: float) -> None:
    middle = (LOOP_X + GREENLET_X) / 2 + 40
    parts.append(rect("run", LOOP_X - BAR / 2, y - AFTER / 2, BAR, AFTER / 2))
    parts.append(f'<path class="limit" d="M{LOOP_X + BAR / 2:.0f} {y:.0f}H{middle:.0f}"/>')
    cross = f"M{middle:.0f} {y - 6:.0f}l12 12m0 -12l-12 12"
    parts.append(f'<path class="hatch" d="{cross}"/>')
    parts.append(text(LOOP_X + 40, y - 5, what))
    parts.append(text(WIDTH - RIGHT, y + 4, "no greenlet, no baton", "frozen-word"))


def _legend(parts: list[str], y: float) -> float:
    parts.append(rect("run", 0, y + 4, 16, BAR))
    parts.append(text(21, y + 14, "runs Python code"))
    parts.append(rect("hold", 145, y + 4, 16, BAR))
    parts.append(text(166, y + 14, "waits; the loop serves other tasks"))
    parts.append(_baton(388, y + 9))
    parts.append(text(399, y + 14, "the baton: who holds it goes on"))
    return y + LEGEND


def _in_words(recording: Bridge) -> str:
    told = {
        CALLS: "The task starts {} in a greenlet.",
        AWAITS: "The greenlet hands over: await {}.",
        RESUMES: "The task brings back the result.",
        RETURNS: "The greenlet is done.",
        REFUSED: "Outside of any greenlet, {} is wanted, and nobody can await it.",
    }
    return " ".join(told[move.kind].format(move.what or "work") for move in recording.passes)
