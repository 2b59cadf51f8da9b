"""Draw the lives of requests: who did what, step by step, and what came after the answer."""

import itertools
from collections.abc import Callable, Sequence

from lantern.lifetimes import (
    BEGINS,
    CLIENT,
    COMMIT,
    ENDPOINT,
    RESUMES,
    ROLLBACK,
    WIRE,
    RequestLife,
)
from lantern.pictures.figure import (
    LEFT,
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
from lantern.pictures.ladder import Rung, climbed, stile
from lantern.pictures.life import (
    Column,
    columns_of,
    does,
    in_words,
    is_sent,
    outcome,
    rows_of,
    steps_of,
    stretches,
)

ROW, AXIS, SECTION, ABOVE, BETWEEN = 34, 20, 14, 8, 32  # pixels
STEP, LETTER, LONGEST = 13, 7.2, 15  # pixels of a step and of a letter; letters of a name
MIDDLE = 24  # from the top of a row to the middle of its bar

# Class and height of a bar, told by shape, not only by colour.
BARS = {
    "code": ("run", 12),
    "open": ("hold", 5),
    "wire": ("query", 5),
    "held": ("hold", 14),
    "sent": ("query", 8),
    "waits": ("wait", 2),
}
WORDS = {
    "code": "code runs",
    "open": "at its yield",
    "held": "connection out",
    "sent": "sent",
    "waits": "client waits",
}


def draw_requests(*lives: RequestLife, titles: Sequence[str] = ()) -> Picture:
    """Draw lives one above the other on one axis of steps: a row for whoever takes part.

    Steps are equally far apart or as far as their words need: the axis is an order, no clock.
    What came after the last byte lies on a grey ground.
    """
    names = [*titles, *("" for _ in lives[len(titles) :])]
    columns = [columns_of(life) for life in lives]
    words = [
        f"{title or 'The request'}: {' '.join(in_words(mine))}"
        for title, mine in zip(names, columns, strict=True)
    ]
    summary = "; ".join(
        f"{title + ': ' if title else ''}{outcome(life)}"
        for title, life in zip(names, lives, strict=True)
    )
    label = f"The life of a request, step by step. {summary}"
    return figure(_wide(columns, names), _down(columns, names), label, words, summary)


def _wide(lives: Sequence[Sequence[Column]], names: Sequence[str]) -> Drawing:
    """Draw the steps from left to right if they have room, else from top to bottom."""
    edges = _edges(lives)
    if round(edges[-1] + RIGHT) <= WIDE:
        return _across(lives, names, edges)
    return _beside(lives, names)


def _across(
    lives: Sequence[Sequence[Column]], names: Sequence[str], edges: Sequence[float]
) -> Drawing:
    """Draw the steps from left to right: a row for whoever takes part."""
    parts: list[str] = []
    y = 0.0
    for title, columns in zip(names, lives, strict=True):
        y = _panel(parts, columns, title, y, edges)
    y = _axis(parts, y, edges)
    return Drawing(parts, legend(parts, _marks(lives), LEFT, y, WIDE))


def _beside(lives: Sequence[Sequence[Column]], names: Sequence[str]) -> Drawing:
    """Draw the steps from top to bottom, two lives in a row."""
    room = WIDE if len(lives) == 1 else (WIDE - BETWEEN) / 2
    parts: list[str] = []
    y = 0.0
    named = list(zip(names, lives, strict=True))
    for first in range(0, len(named), 2):
        ends = []
        for number, (title, columns) in enumerate(named[first : first + 2]):
            drawn: list[str] = []
            ends.append(_lanes(drawn, columns, titled(drawn, title, y, room), room) + SECTION)
            parts += [f'<g transform="translate({number * (room + BETWEEN):.0f})">', *drawn, "</g>"]
        y = max(ends)
    return Drawing(parts, legend(parts, _marks(lives), 0, y, WIDE))


def _down(lives: Sequence[Sequence[Column]], names: Sequence[str]) -> Drawing:
    """Draw the steps from top to bottom: a lane for whoever takes part."""
    parts: list[str] = []
    y = 0.0
    for title, columns in zip(names, lives, strict=True):
        y = _lanes(parts, columns, titled(parts, title, y, NARROW), NARROW) + SECTION
    return Drawing(parts, legend(parts, _marks(lives), 0, y, NARROW), NARROW)


def _marks(lives: Sequence[Sequence[Column]]) -> list[tuple[Callable[[float, float], str], str]]:
    """Return what the legend names: the shapes that are drawn of some life."""
    drawn = set()
    for columns in lives:
        steps = [column.step for column in columns]
        drawn |= {"sent"} if any(map(is_sent, steps)) else set()
        for row in rows_of(steps):
            drawn |= {shape for shape, *_ in stretches(steps, steps_of(steps, *row))}
    return [(mark(*BARS[shape]), words) for shape, words in WORDS.items() if shape in drawn]


def _edges(lives: Sequence[Sequence[Column]]) -> list[float]:
    """Return where each column begins, and where the last one ends: the same for all lives."""
    widths = [
        max(_width(column) for column in columns if column)
        for columns in itertools.zip_longest(*lives)
    ]
    stretch = max(1.0, (WIDE - LEFT - RIGHT) / sum(widths)) if widths else 1.0
    return list(itertools.accumulate((width * stretch for width in widths), initial=float(LEFT)))


def _width(column: Column) -> float:
    """Return how many pixels it needs; some words lie over what nobody else writes on."""
    step = column.step
    free = (step.lane, step.kind) == (CLIENT, BEGINS)
    free = free or step.lane == ENDPOINT or step.kind == RESUMES
    return STEP + (0 if free else LETTER * len(column.label))


def _panel(
    parts: list[str], columns: Sequence[Column], title: str, y: float, edges: Sequence[float]
) -> float:
    line = titled(parts, title, y, WIDE)
    top = line + ABOVE
    steps = [column.step for column in columns]
    rows = rows_of(steps)
    bottom = top + ROW * len(rows)
    after = RequestLife(steps).answered + 1
    if after < len(steps):
        left, right = edges[after], edges[len(steps)]
        parts.append(rect("busy", left, top, right - left, bottom - top))
        parts.append(text(right, line, "after the answer", "busy-word"))
    for number, (lane, name) in enumerate(rows):
        row_y = top + number * ROW
        parts.append(text(0, row_y + 13, _shortened(name)))
        parts.append(text(0, row_y + 29, lane if lane != name else "", "soft"))
        mine = steps_of(steps, lane, name)
        for shape, first, end in stretches(steps, mine):
            parts.append(_bar(shape, edges[first], edges[end], row_y))
        for n in mine:
            if is_sent(steps[n]):
                told = Column(steps[n]).told
                parts.append(_bar("sent", edges[n] + 3, edges[n + 1] - 3, row_y, told))
            _label(parts, columns[n], edges[n], edges[n + 1], row_y)
    # Below all that is there, and through no title.
    for number, left in enumerate(edges[:-1], 1):
        if _is_numbered(number):
            parts.insert(0, f'<path class="grid" d="M{left:.1f} {top}V{bottom + SECTION:.1f}"/>')
    return bottom + SECTION


def _lanes(parts: list[str], columns: Sequence[Column], y: float, room: float) -> float:
    steps = [column.step for column in columns]
    rows = rows_of(steps)
    after = RequestLife(steps).answered + 1
    rungs: list[Rung] = []
    for number, column in enumerate(columns):
        step = column.step
        first = number == steps_of(steps, step.lane, step.name)[0] and step.lane != step.name
        rung = Rung(
            rows.index((step.lane, step.name)),
            step.name,
            does(column),
            [(step.lane, "soft")] if first else [],
            "after the answer" if number == after else "",
            str(number + 1),
            "failed" if step.error else "",
        )
        rungs.append(rung)
    tops = climbed(parts, rungs, len(rows), y + ABOVE, room)
    if after < len(steps):
        parts.insert(0, rect("busy", 0, tops[after], room, tops[-1] - tops[after]))
    for lane, row in enumerate(rows):
        mine = steps_of(steps, *row)
        for shape, begin, end in stretches(steps, mine):
            parts.append(stile(BARS[shape][0], lane, tops[begin], tops[end], BARS[shape][1]))
        kind, thick = BARS["sent"]
        for n in mine:
            if is_sent(steps[n]):
                told = Column(steps[n]).told
                parts.append(stile(kind, lane, tops[n] + 4, tops[n + 1] - 4, thick, told))
    return tops[-1]


def _bar(shape: str, left: float, right: float, y: float, told: str = "") -> str:
    kind, height = BARS[shape]
    return rect(kind, left, y + MIDDLE - height / 2, right - left, height, told)


def _label(parts: list[str], column: Column, left: float, right: float, y: float) -> None:
    step = column.step
    if step.error:
        parts.append(text(right, y + 12, column.label, "failed-word"))
    else:
        kind = "title" if step.what in (COMMIT, ROLLBACK) or step.lane == WIRE else ""
        parts.append(text(left + 3, y + 12, column.label, kind))


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _is_numbered(step: int) -> bool:
    return step == 1 or step % 5 == 0


def _axis(parts: list[str], y: float, edges: Sequence[float]) -> float:
    parts.append(text(0, y + 14, "steps", "soft"))
    for number, left in enumerate(edges[:-1], 1):
        if _is_numbered(number):
            parts.append(text(left, y + 14, str(number), "soft"))
    return y + AXIS
