"""Draw the greenlet bridge: the task on the left, the greenlet on the right, time downwards."""

from dataclasses import dataclass

from lantern.pictures.figure import (
    NARROW,
    RIGHT,
    WIDE,
    Drawing,
    Picture,
    figure,
    legend,
    mark,
    rect,
    text,
    titled,
)
from lantern.switches import AWAITS, CALLS, REFUSED, RESUMES, RETURNS, Bridge, Pass

TOP, STEP, AFTER = 52, 22, 16  # pixels
BATON, BAR = 5, 10


@dataclass(frozen=True)
class Banks:
    """Where the two stand, and where that is written what the task starts."""

    width: float
    loop: float
    greenlet: float
    task: float

    @property
    def over(self) -> float:
        """Where words begin that are written over a way, beside its baton."""
        return self.loop + 40


WIDE_BANKS = Banks(WIDE, loop=150, greenlet=480, task=0)
NARROW_BANKS = Banks(NARROW, loop=8, greenlet=318, task=20)


def draw_bridge(recording: Bridge, title: str = "") -> Picture:
    """Draw the passes from top to bottom: the task on the left, the greenlet on the right.

    A disc is the baton; an arrow without one is a wait that nobody could carry out.
    """
    awaits, refused = len(recording.awaits), len(recording.refused)
    summary = f"awaits over the bridge: {awaits}; refused: {refused}"
    label = (
        f"The greenlet bridge. {title}: {summary}" if title else f"The greenlet bridge: {summary}"
    )
    wide, narrow = (_drawn(recording, title, banks) for banks in (WIDE_BANKS, NARROW_BANKS))
    return figure(wide, narrow, label, [_in_words(recording)], summary)


def _drawn(recording: Bridge, title: str, banks: Banks) -> Drawing:
    parts: list[str] = []
    head = titled(parts, title, 0, banks.width) + 24
    parts.append(text(max(banks.loop - 40, 0), head, "task on the loop"))
    parts.append(text(min(banks.greenlet - 24, banks.width - 52), head, "greenlet"))
    y = since = top = head + 10
    for move in recording.passes:
        y += STEP
        _pass(parts, move, y, since, banks)
        since = y
        y += AFTER if move.kind in (RETURNS, REFUSED) else 0
    for x in (banks.loop, banks.greenlet):
        parts.insert(0, f'<path class="grid" d="M{x:.0f} {top:.0f}V{y + AFTER:.0f}"/>')
    marks = [
        (mark("run", BAR), "runs Python code"),
        (mark("hold", BAR), "waits; the loop serves other tasks"),
        (lambda x, middle: _baton(x + 8, middle), "the baton: who holds it goes on"),
    ]
    return Drawing(parts, legend(parts, marks, 0, y + AFTER, banks.width), banks.width)


def _pass(parts: list[str], move: Pass, y: float, since: float, banks: Banks) -> None:
    """Draw one move at height y; whoever had the baton worked from `since` until now."""
    loop, greenlet = banks.loop, banks.greenlet
    if move.kind == REFUSED:
        _refusal(parts, move.what, y, banks)
    elif move.kind in (CALLS, RESUMES):
        kind = "hold" if move.kind == RESUMES else "run"
        start = since if move.kind == RESUMES else y - AFTER / 2
        parts.append(rect(kind, loop - BAR / 2, start, BAR, y - start, move.what))
        level = y + 4 if banks.task < loop else y - 5
        parts.append(text(banks.task, level, move.what, "" if move.kind == CALLS else "soft"))
        _arrow(parts, loop, greenlet, y)
    else:
        parts.append(rect("run", greenlet - BAR / 2, since, BAR, y - since))
        _arrow(parts, greenlet, loop, y)
        words = f"await {move.what}" if move.kind == AWAITS else f"done {move.what}".strip()
        parts.append(text(banks.over, y - 5, words, "" if move.kind == AWAITS else "soft"))


def _arrow(parts: list[str], start: float, end: float, y: float) -> None:
    side = 1 if end > start else -1
    tip = end - side * (BAR / 2 + 1)
    head = f"m{-side * 8} -5l{side * 8} 5l{-side * 8} 5"
    parts.append(f'<path class="step" d="M{start + side * BAR / 2:.0f} {y:.0f}H{tip:.0f}{head}"/>')
    parts.append(_baton(tip - side * 22, y))


def _baton(x: float, y: float) -> str:
    return f'<circle class="run" cx="{x:.0f}" cy="{y:.0f}" r="{BATON}"/>'


def _refusal(parts: list[str], what: str, y: float, banks: Banks) -> None:
    middle = (banks.loop + banks.greenlet) / 2 + 40
    parts.append(rect("run", banks.loop - BAR / 2, y - AFTER / 2, BAR, AFTER / 2))
    parts.append(f'<path class="limit" d="M{banks.loop + BAR / 2:.0f} {y:.0f}H{middle:.0f}"/>')
    cross = f"M{middle:.0f} {y - 6:.0f}l12 12m0 -12l-12 12"
    parts.append(f'<path class="hatch" d="{cross}"/>')
    parts.append(text(banks.over, y - 5, what))
    level = y + 4 if banks.width == WIDE else y + AFTER
    parts.append(text(banks.width - RIGHT, level, "no greenlet, no baton", "frozen-word"))


def _in_words(recording: Bridge) -> str:
    told = {
        CALLS: "The task starts {} in a greenlet.",
        AWAITS: "The greenlet hands over: await {}.",
        RESUMES: "The task brings back the result.",
        RETURNS: "The greenlet is done.",
        REFUSED: "Outside of any greenlet, {} is wanted, and nobody can await it.",
    }
    return " ".join(told[move.kind].format(move.what or "work") for move in recording.passes)
