"""Draw the greenlet bridge: the task on the left, the greenlet on the right, time downwards."""

from lantern.pictures.figure import RIGHT, WIDTH, Picture, figure, rect, text
from lantern.switches import AWAITS, CALLS, REFUSED, RESUMES, RETURNS, Bridge, Pass

LOOP_X, GREENLET_X, TOP, STEP, AFTER, LEGEND = 150, 480, 52, 22, 16, 26  # pixels
BATON, BAR = 5, 10


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
