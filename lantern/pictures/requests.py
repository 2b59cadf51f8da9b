"""Draw the lives of requests: who did what, step by step, and what came after the answer."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lantern.lifetimes import (
    BEGINS,
    BREAKS,
    CLIENT,
    COMMIT,
    DEPENDENCY,
    ENDPOINT,
    ENDS,
    LANES,
    POOL,
    RESUMES,
    ROLLBACK,
    SENDS,
    WIRE,
    YIELDS,
    RequestLife,
    RequestStep,
)
from lantern.pictures.figure import LEFT, RIGHT, WIDTH, Picture, figure, rect, text

ROW, TITLE, AXIS, LEGEND, SECTION = 34, 26, 20, 24, 14  # pixels
NARROW, LETTER, LONGEST = 13, 7.2, 15  # pixels of a step and of a letter; letters of a name
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


@dataclass(frozen=True)
class Column:
    """Steps that are drawn as one: the same thing sent several times in a row."""

    step: RequestStep
    times: int = 1

    @property
    def what(self) -> str:
        """What was sent, and how often."""
        if self.times == 1:
            return self.step.what
        what, times = self.step.what, self.times
        return f"{times} {what}s" if self.step.lane == WIRE else f"{times} times {what}"

    @property
    def label(self) -> str:
        """What is written over the step: a statement's error stands where it comes out."""
        if not self.step.error:
            return self.what
        return f"{self.what} ✗" if self.what else f"✗ {self.step.error}"

    @property
    def told(self) -> str:
        """What is read when the step is pointed at."""
        return f"{self.what} failed: {self.step.error}" if self.step.error else self.what

    @property
    def width(self) -> float:
        """How many pixels it needs; some words lie over what nobody else writes on."""
        step = self.step
        free = (step.lane, step.kind) == (CLIENT, BEGINS)
        free = free or step.lane == ENDPOINT or step.kind == RESUMES
        return NARROW + (0 if free else LETTER * len(self.label))


def draw_requests(*lives: RequestLife, titles: Sequence[str] = ()) -> Picture:
    """Draw lives one above the other on one axis of steps: a row for whoever takes part.

    Steps are equally far apart or as far as their words need: the axis is an order, no clock.
    What came after the last byte lies on a grey ground.
    """
    names = [*titles, *("" for _ in lives[len(titles) :])]
    columns = [_columns(life) for life in lives]
    edges = _edges(columns)
    parts: list[str] = []
    y = 0.0
    for title, life, mine in zip(names, lives, columns, strict=True):
        y = _panel(parts, life, mine, title, y, edges)
    y = _axis(parts, y, edges)
    y = _legend(parts, y)
    words = [
        f"{title or 'The request'}: {' '.join(_in_words(mine))}"
        for title, mine in zip(names, columns, strict=True)
    ]
    summary = "; ".join(
        f"{title + ': ' if title else ''}{_outcome(life)}"
        for title, life in zip(names, lives, strict=True)
    )
    label = f"The life of a request, step by step. {summary}"
    return figure(parts, y, label, words, summary, max(WIDTH, edges[-1] + RIGHT))


def _columns(life: RequestLife) -> list[Column]:
    columns: list[Column] = []
    for step in life.steps:
        if columns and step.kind == SENDS and columns[-1].step == step and not step.error:
            columns[-1] = replace(columns[-1], times=columns[-1].times + 1)
        else:
            columns.append(Column(step))
    return columns


def _edges(lives: Sequence[Sequence[Column]]) -> list[float]:
    """Return where each column begins, and where the last one ends: the same for all lives."""
    widths = [
        max(column.width for column in columns if column)
        for columns in itertools.zip_longest(*lives)
    ]
    stretch = max(1.0, (WIDTH - LEFT - RIGHT) / sum(widths)) if widths else 1.0
    return list(itertools.accumulate((width * stretch for width in widths), initial=float(LEFT)))


def _panel(
    parts: list[str],
    life: RequestLife,
    columns: Sequence[Column],
    title: str,
    y: float,
    edges: Sequence[float],
) -> float:
    parts.append(text(0, y + 18, title, "title"))
    top = y + TITLE
    rows = sorted(
        {(column.step.lane, column.step.name): None for column in columns},
        key=lambda row: LANES.index(row[0]),
    )
    bottom = top + ROW * len(rows)
    steps = [column.step for column in columns]
    answered = RequestLife(steps).answered
    if answered + 1 < len(steps):
        left, right = edges[answered + 1], edges[len(steps)]
        parts.append(rect("busy", left, top, right - left, bottom - top))
        parts.append(text(right, y + 18, "after the answer", "busy-word"))
    for number, (lane, name) in enumerate(rows):
        row_y = top + number * ROW
        parts.append(text(0, row_y + 13, _shortened(name)))
        parts.append(text(0, row_y + 29, lane if lane != name else "", "soft"))
        mine = [n for n, step in enumerate(steps) if (step.lane, step.name) == (lane, name)]
        _bars(parts, steps, mine, row_y, edges)
        for n in mine:
            _label(parts, columns[n], edges[n], edges[n + 1], row_y)
    return bottom + SECTION


def _bars(
    parts: list[str],
    steps: Sequence[RequestStep],
    mine: Sequence[int],
    y: float,
    edges: Sequence[float],
) -> None:
    """Draw what lies between the steps of one row, then what was sent."""
    for shape, first, end in _stretches(steps, mine):
        _bar(parts, shape, edges[first], edges[end], y)
    for n in mine:
        if steps[n].kind == SENDS or (steps[n].lane, steps[n].kind) == (WIRE, ENDS):
            _bar(parts, "sent", edges[n] + 3, edges[n + 1] - 3, y, Column(steps[n]).told)


def _stretches(steps: Sequence[RequestStep], mine: Sequence[int]) -> Iterator[tuple[str, int, int]]:
    """Tell a row's bars: the shape, the column where it begins and the one before which it ends."""
    shape, first = "", 0
    for n in mine:
        step = steps[n]
        if step.kind in (ENDS, BREAKS):
            if shape:
                yield shape, first, n + 1
            shape = ""
        elif step.kind != SENDS:
            if shape:
                yield shape, first, n
            shape, first = _between(step), n
    if shape == "waits":
        yield shape, first, min(RequestLife([*steps]).answered + 1, len(steps))
    elif shape:
        yield shape, first, len(steps)


def _between(step: RequestStep) -> str:
    if step.lane in (CLIENT, WIRE, POOL):
        return {CLIENT: "waits", WIRE: "wire", POOL: "held"}[step.lane]
    return "open" if step.kind == YIELDS else "code"


def _bar(parts: list[str], shape: str, left: float, right: float, y: float, told: str = "") -> None:
    kind, height = BARS[shape]
    parts.append(rect(kind, left, y + MIDDLE - height / 2, right - left, height, told))


def _label(parts: list[str], column: Column, left: float, right: float, y: float) -> None:
    step = column.step
    if step.error:
        parts.append(text(right, y + 12, column.label, "failed-word"))
    else:
        kind = "title" if step.what in (COMMIT, ROLLBACK) or step.lane == WIRE else ""
        parts.append(text(left + 3, y + 12, column.label, kind))


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _axis(parts: list[str], y: float, edges: Sequence[float]) -> float:
    parts.append(text(0, y + 14, "steps", "soft"))
    for number, left in enumerate(edges[:-1], 1):
        if number == 1 or number % 5 == 0:
            parts.insert(0, f'<path class="grid" d="M{left:.1f} {TITLE}V{y:.1f}"/>')
            parts.append(text(left, y + 14, str(number), "soft"))
    return y + AXIS


def _legend(parts: list[str], y: float) -> float:
    x = float(LEFT)
    for shape, words in (
        ("code", "code runs"),
        ("open", "at its yield"),
        ("held", "connection out"),
        ("sent", "sent"),
        ("waits", "client waits"),
    ):
        kind, height = BARS[shape]
        parts.append(rect(kind, x, y + 11 - height / 2, 16, height))
        parts.append(text(x + 21, y + 15, words))
        x += 33 + 6 * len(words)
    return y + LEGEND


def _outcome(life: RequestLife) -> str:
    """Return what the client got, how the transactions ended, and when connections came back."""
    told = [f"status {life.response.status}" if life.response.status else "no answer"]
    taken: set[str] = set()
    for step in life.steps:
        if step.lane != POOL:
            continue
        if step.error or step.what in (COMMIT, ROLLBACK):
            failed = " failed" if step.error else ""
            told.append(f"{step.what or 'connection'}{failed} {life.when(step)}")
        elif step.kind == ENDS:
            told.append(f"{step.name} back {life.when(step)}")
        taken = taken - {step.name} if step.kind == ENDS else taken | {step.name}
    told += [f"{name} still out" for name in sorted(taken)]
    if life.response.error is not None:
        told.append(f"the app raised {type(life.response.error).__name__}")
    return ", ".join(told)


def _in_words(columns: Sequence[Column]) -> list[str]:
    return [f"{n}. {_sentence(column)}." for n, column in enumerate(columns, 1)]


def _sentence(column: Column) -> str:
    step = column.step
    who = step.name if step.lane in (CLIENT, WIRE, POOL) else f"{step.lane} {step.name}"
    does = {
        (CLIENT, BEGINS): f"sends {step.what}",
        (CLIENT, ENDS): step.what,
        (WIRE, BEGINS): f"status {step.what}",
        (WIRE, SENDS): column.what,
        (WIRE, ENDS): "last byte",
        (POOL, BEGINS): "is taken",
        (POOL, SENDS): f"sends {column.what}",
        (POOL, ENDS): "is back in the pool",
        (DEPENDENCY, YIELDS): "waits at its yield",
        (DEPENDENCY, RESUMES): "goes on after its yield",
    }.get((step.lane, step.kind), step.kind)
    if step.kind == BREAKS:
        return f"the app raises {step.error}"
    with_error = ", which fails with " if step.kind == SENDS else " with "
    return f"{who} {does}{with_error + step.error if step.error else ''}"
