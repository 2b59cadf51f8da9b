"""Draw recordings: a pure function of the data, readable in light and dark, and in words."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lantern.pictures.figure import (
    LEFT,
    LETTER,
    LINE,
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
from lantern.pool import PoolWatch
from lantern.recording import (
    HOLDING,
    QUERYING,
    QUEUING,
    RUNNING,
    WAITING,
    Recording,
    Span,
    Usage,
)

States = dict[str, list[Span]]  # what each lane did

ROW, TITLE, AXIS, SECTION = 22, 30, 24, 10  # pixels
THINNEST = 0.4  # pixels; a shorter mark would not be seen
FOUND = 1.0  # pixels; of a thinner one without an outline nobody finds the colour
BOLD = 7.5  # pixels that a letter takes at most, on average

# Class and height in the middle of the row: a state is told by shape, not only by colour.
SHAPES = {
    RUNNING: ("run", 18),
    QUEUING: ("queue", 12),
    QUERYING: ("query", 12),
    HOLDING: ("hold", 6),
    WAITING: ("wait", 2),
}
OUTLINED = {QUEUING, HOLDING}


@dataclass(frozen=True)
class Axis:
    """Moments from left to right: so many seconds, on what is left of the width of a drawing."""

    seconds: float
    left: float
    width: float

    @property
    def right(self) -> float:
        """The pixel where it ends."""
        return self.width - RIGHT

    def x(self, moment: float) -> float:
        """Return the pixel of a moment."""
        part = moment / self.seconds if self.seconds else 0.0
        return self.left + (self.right - self.left) * part

    def bar(
        self,
        parts: list[str],
        kind: str,
        span: tuple[float, float],
        y: float,
        height: float,
        told: str,
    ) -> None:
        """Add a bar between two moments, if it is wide enough to be seen."""
        x, width = self.x(span[0]), self.x(span[1]) - self.x(span[0])
        if width >= THINNEST:
            parts.append(rect(kind, x, y, width, height, told))

    def ticks(self) -> list[float]:
        """Return the moments that are labelled: four to ten steps, fewer where it is narrow."""
        if self.seconds <= 0:
            return [0.0]
        least = self.seconds / (4 if self.width >= WIDE else 2)
        power = 10.0 ** math.floor(math.log10(least))
        step = next(power * factor for factor in (5, 2, 1) if power * factor <= least)
        return [number * step for number in range(int(self.seconds / step) + 1)]


def draw(*recordings: Recording, titles: Sequence[str] = ()) -> Picture:
    """Draw recordings one above the other on one axis of seconds: tasks, then connections.

    Bars: what a task does; bands: the loop was frozen, or the machine busy.
    """
    names = [*titles, *("" for _ in recordings[len(titles) :])]
    states = [recording.states_by_lane() for recording in recordings]
    words = [
        _in_words(title or f"Recording {number}", recording, mine)
        for number, (title, recording, mine) in enumerate(
            zip(names, recordings, states, strict=True), 1
        )
    ]
    summary = "; ".join(
        f"{title + ': ' if title else ''}{len(recording.lanes)} tasks, "
        f"{'loop frozen' if recording.freezes else 'loop free'}"
        for title, recording in zip(names, recordings, strict=True)
    )
    label = f"Timeline of tasks and connections. {summary}"
    wide, narrow = (_drawn(recordings, names, states, width) for width in (WIDE, NARROW))
    return figure(wide, narrow, label, words, summary)


def draw_pool(*watches: PoolWatch, limit: int, titles: Sequence[str] = ()) -> Picture:
    """Draw connections in use over time, one chart a watch, with the pool's limit as a line."""
    names = [*titles, *("" for _ in watches[len(titles) :])]
    words = [
        f"{title or 'The pool'}: at most {watch.most} of {limit} connections were in use; "
        f"{watch.in_use} still were at the end, after {watch.seconds:.2f} s."
        for title, watch in zip(names, watches, strict=True)
    ]
    summary = "; ".join(
        f"{title + ': ' if title else ''}at most {watch.most} of {limit} connections"
        for title, watch in zip(names, watches, strict=True)
    )
    label = f"Connections in use over time. {summary}"
    wide, narrow = (_charts(watches, names, limit, width) for width in (WIDE, NARROW))
    return figure(wide, narrow, label, words, summary)


def _drawn(
    recordings: Sequence[Recording],
    names: Sequence[str],
    states: Sequence[States],
    width: float,
) -> Drawing:
    lanes = [lane for recording in recordings for lane in recording.lanes]
    connections = [_connection(use) for recording in recordings for use in recording.usages]
    seconds = max((recording.seconds for recording in recordings), default=0.0)
    axis = _axis_beside([*lanes, *connections], seconds, width)
    parts: list[str] = []
    y = 0.0
    for title, recording, mine in zip(names, recordings, states, strict=True):
        y = _panel(parts, recording, mine, title, y, axis)
    y = _ticks(parts, y, axis)
    present = {
        span.state
        for lanes in states
        for spans in lanes.values()
        for span in spans
        if axis.x(span.end) - axis.x(span.start) >= (THINNEST if span.state in OUTLINED else FOUND)
    }
    marks = [(mark(*shape), state) for state, shape in SHAPES.items() if state in present]
    y = legend(parts, marks, axis.left if width == WIDE else 0, y, width)
    return Drawing(parts, y, width)


def _charts(
    watches: Sequence[PoolWatch], names: Sequence[str], limit: int, width: float
) -> Drawing:
    seconds = max((watch.seconds for watch in watches), default=0.0)
    axis = _axis_beside([f"limit {limit}", "0 in use"], seconds, width)
    parts: list[str] = []
    y = 0.0
    for title, watch in zip(names, watches, strict=True):
        y = _chart(parts, watch, title, limit, y, axis)
    return Drawing(parts, _ticks(parts, y, axis), width)


def _axis_beside(words: Sequence[str], seconds: float, width: float) -> Axis:
    """Return an axis that begins beside the longest words, or where all wide ones do."""
    longest = max(map(len, [*words, "seconds"]))
    return Axis(seconds, LEFT if width == WIDE else min(LEFT, longest * LETTER + 8), width)


def _connection(use: Usage) -> str:
    return f"connection {use.connection}"


def _panel(
    parts: list[str], recording: Recording, states: States, title: str, y: float, axis: Axis
) -> float:
    top = _heading(parts, recording, title, y, axis) + TITLE - LINE - 3
    lanes_end = top + ROW * len(recording.lanes)
    usages: dict[int, list[Usage]] = defaultdict(list)
    for use in recording.usages:
        usages[use.connection].append(use)
    bottom = lanes_end + (SECTION + ROW * len(usages) if usages else 0)
    for kind, bands in (("busy", recording.delays), ("frozen", recording.freezes)):
        for band in bands:
            x = axis.x(band.start)
            parts.append(rect(kind, x, top - 2, axis.x(band.end) - x, bottom - top + 4))
    for row, lane in enumerate(recording.lanes):
        lane_y = top + row * ROW
        parts.append(text(0, lane_y + 15, lane))
        for span in states.get(lane, ()):
            kind, height = SHAPES[span.state]
            below = (ROW - height) / 2
            axis.bar(parts, kind, (span.start, span.end), lane_y + below, height, span.sql)
    for row, number in enumerate(sorted(usages)):
        row_y = lanes_end + SECTION + row * ROW
        parts.append(text(0, row_y + 15, f"connection {number}", "soft"))
        for use in usages[number]:
            axis.bar(parts, "hold", (use.start, use.end), row_y + 3, 16, use.lane)
            if axis.x(use.end) - axis.x(use.start) > 7 * len(use.lane):
                parts.append(text(axis.x(use.start) + 4, row_y + 15, use.lane))
    _grid(parts, axis, top, bottom + SECTION)
    return bottom + SECTION


def _heading(parts: list[str], recording: Recording, title: str, y: float, axis: Axis) -> float:
    """Write the title, and what held up the loop: into the corner, or below where that is full."""
    held_up = []
    if recording.freezes:
        held_up.append((f"loop frozen {recording.frozen:.2f} s", "frozen-word"))
    if recording.delays:
        held_up.append((f"machine busy {recording.delayed:.2f} s", "busy-word"))
    y = titled(parts, title, y, axis.width)
    beside = (
        not held_up or BOLD * (len(title) + sum(len(words) for words, _ in held_up)) <= axis.right
    )
    line = y - LINE - 3 if beside else y
    x = axis.right
    for words, kind in held_up:
        parts.append(text(x, line + 18, words, kind))
        x -= BOLD * len(words)
    return y if beside else y + LINE


def _chart(
    parts: list[str], watch: PoolWatch, title: str, limit: int, y: float, axis: Axis
) -> float:
    top, height = titled(parts, title, y, axis.width) + TITLE - LINE - 3, 4 * ROW
    bottom = top + height
    scale = height / max(limit, watch.most, 1)
    line = bottom - limit * scale
    parts.append(text(0, line + 4, f"limit {limit}", "soft"))
    parts.append(text(0, bottom, "0 in use", "soft"))
    parts.append(f'<path class="limit" d="M{axis.left:.1f} {line:.1f}H{axis.right:.0f}"/>')
    path = f"M{axis.left:.1f} {bottom - watch.steps[0][1] * scale:.1f}"
    for moment, count in watch.steps[1:]:
        path += f"H{axis.x(moment):.1f}V{bottom - count * scale:.1f}"
    parts.append(f'<path class="step" d="{path}H{axis.x(watch.seconds):.1f}"/>')
    _grid(parts, axis, top, bottom + SECTION)
    return bottom + SECTION


def _grid(parts: list[str], axis: Axis, top: float, bottom: float) -> None:
    """Draw a line at each labelled moment, below all that is there and through no title."""
    for moment in axis.ticks():
        parts.insert(0, f'<path class="grid" d="M{axis.x(moment):.1f} {top:.1f}V{bottom:.1f}"/>')


def _ticks(parts: list[str], y: float, axis: Axis) -> float:
    parts.append(text(0, y + 14, "seconds", "soft"))
    for moment in axis.ticks():
        x = axis.x(moment)
        words = f"{moment:g}"
        parts.append(text(min(x, axis.width - LETTER * len(words)), y + 14, words, "soft"))
    return y + AXIS


def _in_words(title: str, recording: Recording, states: States) -> str:
    # Of what is over in a moment, milliseconds are told.
    places = 3 if 0 < recording.seconds < 0.1 else 2
    least = 0.5 * 0.1**places
    sentences = [f"{title}: {len(recording.lanes)} tasks in {recording.seconds:.{places}f} s."]
    if recording.freezes:
        sentences.append(f"The loop was frozen for {recording.frozen:.{places}f} s.")
    else:
        sentences.append("The loop was never frozen.")
    if recording.delays:
        sentences.append(
            f"This machine was busy, and the loop late, for {recording.delayed:.{places}f} s."
        )
    if recording.usages:
        most = recording.most_connections
        noun = "connection was" if most == 1 else "connections were"
        sentences.append(f"At most {most} {noun} in use at once.")
    for lane in recording.lanes:
        total: dict[str, float] = {}
        for span in states.get(lane, ()):
            total[span.state] = total.get(span.state, 0.0) + span.end - span.start
        doing = [
            f"{state} {spent:.{places}f} s" for state, spent in total.items() if spent >= least
        ]
        sentences.append(f"{lane}: {', '.join(doing) or 'done at once'}.")
    return " ".join(sentences)
