"""Draw recordings: a pure function of the data, readable in light and dark, and in words."""

from collections import defaultdict
from collections.abc import Sequence

from lantern.pictures.figure import LEFT, RIGHT, WIDTH, Picture, bar, figure, rect, text, tick, x_of
from lantern.pool import PoolWatch
from lantern.recording import (
    HOLDING,
    QUERYING,
    QUEUING,
    RUNNING,
    WAITING,
    Delay,
    Freeze,
    Recording,
    Span,
    Usage,
)

States = dict[str, list[Span]]  # what each lane did

ROW, TITLE, AXIS, LEGEND, SECTION = 22, 30, 24, 24, 10

# Class, height and distance from the top of the row: a state is told by shape, not only by colour.
SHAPES = {
    RUNNING: ("run", 18, 2),
    QUEUING: ("queue", 12, 5),
    QUERYING: ("query", 12, 5),
    HOLDING: ("hold", 6, 8),
    WAITING: ("wait", 2, 10),
}


def draw(*recordings: Recording, titles: Sequence[str] = ()) -> Picture:
    """Draw recordings one above the other on one axis of seconds: tasks, then connections.

    Bars: what a task does; bands: the loop was frozen, or the machine busy.
    """
    seconds = max((recording.seconds for recording in recordings), default=0.0)
    names = [*titles, *("" for _ in recordings[len(titles) :])]
    states = [recording.states_by_lane() for recording in recordings]
    parts: list[str] = []
    y = 0.0
    for title, recording, mine in zip(names, recordings, states, strict=True):
        y = _panel(parts, recording, mine, title, y, seconds)
    y = _axis(parts, y, seconds)
    y = _legend(parts, y, states)
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
    return figure(parts, y, f"Timeline of tasks and connections. {summary}", words, summary)


def draw_pool(*watches: PoolWatch, limit: int, titles: Sequence[str] = ()) -> Picture:
    """Draw connections in use over time, one chart a watch, with the pool's limit as a line."""
    seconds = max((watch.seconds for watch in watches), default=0.0)
    names = [*titles, *("" for _ in watches[len(titles) :])]
    parts: list[str] = []
    y = 0.0
    for title, watch in zip(names, watches, strict=True):
        y = _chart(parts, watch, title, limit, y, seconds)
    y = _axis(parts, y, seconds)
    words = [
        f"{title or 'The pool'}: at most {watch.most} of {limit} connections were in use; "
        f"{watch.in_use} still were at the end, after {watch.seconds:.2f} s."
        for title, watch in zip(names, watches, strict=True)
    ]
    summary = "; ".join(
        f"{title + ': ' if title else ''}at most {watch.most} of {limit} connections"
        for title, watch in zip(names, watches, strict=True)
    )
    return figure(parts, y, f"Connections in use over time. {summary}", words, summary)


def _panel(
    parts: list[str], recording: Recording, states: States, title: str, y: float, seconds: float
) -> float:
    parts.append(text(0, y + 18, title, "title"))
    top = y + TITLE
    lanes_end = top + ROW * len(recording.lanes)
    usages: dict[int, list[Usage]] = defaultdict(list)
    for use in recording.usages:
        usages[use.connection].append(use)
    bottom = lanes_end + (SECTION + ROW * len(usages) if usages else 0)
    for kind, bands in (("busy", recording.delays), ("frozen", recording.freezes)):
        _bands(parts, kind, bands, top, bottom, seconds)
    _held_up(parts, recording, y + 18)
    for row, lane in enumerate(recording.lanes):
        lane_y = top + row * ROW
        parts.append(text(0, lane_y + 15, lane))
        for span in states.get(lane, ()):
            kind, height, below = SHAPES[span.state]
            bar(parts, kind, span.start, span.end, lane_y + below, height, seconds, span.sql)
    for row, number in enumerate(sorted(usages)):
        row_y = lanes_end + SECTION + row * ROW
        parts.append(text(0, row_y + 15, f"connection {number}", "soft"))
        for use in usages[number]:
            bar(parts, "hold", use.start, use.end, row_y + 3, 16, seconds, use.lane)
            if x_of(use.end, seconds) - x_of(use.start, seconds) > 7 * len(use.lane):
                parts.append(text(x_of(use.start, seconds) + 4, row_y + 15, use.lane))
    return bottom + SECTION


def _bands(
    parts: list[str],
    kind: str,
    bands: Sequence[Freeze | Delay],
    top: float,
    bottom: float,
    seconds: float,
) -> None:
    for band in bands:
        x = x_of(band.start, seconds)
        parts.append(rect(kind, x, top - 2, x_of(band.end, seconds) - x, bottom - top + 4))


def _held_up(parts: list[str], recording: Recording, y: float) -> None:
    """Write into the corner of a panel what held up the loop."""
    x = float(WIDTH - RIGHT)
    if recording.freezes:
        word = f"loop frozen {recording.frozen:.2f} s"
        parts.append(text(x, y, word, "frozen-word"))
        x -= 7.5 * len(word)
    if recording.delays:
        parts.append(text(x, y, f"machine busy {recording.delayed:.2f} s", "busy-word"))


def _chart(
    parts: list[str], watch: PoolWatch, title: str, limit: int, y: float, seconds: float
) -> float:
    parts.append(text(0, y + 18, title, "title"))
    top, height = y + TITLE, 4 * ROW
    bottom = top + height
    scale = height / max(limit, watch.most, 1)
    line = bottom - limit * scale
    parts.append(text(0, line + 4, f"limit {limit}", "soft"))
    parts.append(text(0, bottom, "0 in use", "soft"))
    parts.append(f'<path class="limit" d="M{LEFT} {line:.1f}H{WIDTH - RIGHT}"/>')
    path = f"M{LEFT} {bottom - watch.steps[0][1] * scale:.1f}"
    for moment, count in watch.steps[1:]:
        path += f"H{x_of(moment, seconds):.1f}V{bottom - count * scale:.1f}"
    parts.append(f'<path class="step" d="{path}H{x_of(watch.seconds, seconds):.1f}"/>')
    return bottom + SECTION


def _axis(parts: list[str], y: float, seconds: float) -> float:
    parts.append(text(0, y + 14, "seconds", "soft"))
    step = tick(seconds)
    ticks = [number * step for number in range(int(seconds / step) + 1)] if seconds else [0.0]
    for moment in ticks:
        x = x_of(moment, seconds)
        parts.insert(0, f'<path class="grid" d="M{x:.1f} {TITLE}V{y:.1f}"/>')
        parts.append(text(x, y + 14, f"{moment:g}", "soft"))
    return y + AXIS


def _legend(parts: list[str], y: float, states: Sequence[States]) -> float:
    present = {span.state for lanes in states for spans in lanes.values() for span in spans}
    x = float(LEFT)
    for state, (kind, height, below) in SHAPES.items():
        if state not in present:
            continue
        if x + 24 + 6.4 * len(state) > WIDTH:
            x, y = float(LEFT), y + LEGEND
        parts.append(rect(kind, x, y + below, 16, height))
        parts.append(text(x + 21, y + 15, state))
        x += 36 + 6.2 * len(state)
    return y + LEGEND


def _in_words(title: str, recording: Recording, states: States) -> str:
    sentences = [f"{title}: {len(recording.lanes)} tasks in {recording.seconds:.2f} s."]
    if recording.freezes:
        sentences.append(f"The loop was frozen for {recording.frozen:.2f} s.")
    else:
        sentences.append("The loop was never frozen.")
    if recording.delays:
        sentences.append(
            f"This machine was busy, and the loop late, for {recording.delayed:.2f} s."
        )
    if recording.usages:
        most = recording.most_connections
        noun = "connection was" if most == 1 else "connections were"
        sentences.append(f"At most {most} {noun} in use at once.")
    for lane in recording.lanes:
        total: dict[str, float] = {}
        for span in states.get(lane, ()):
            total[span.state] = total.get(span.state, 0.0) + span.end - span.start
        doing = [f"{state} {spent:.2f} s" for state, spent in total.items() if spent >= 0.005]
        sentences.append(f"{lane}: {', '.join(doing) or 'done at once'}.")
    return " ".join(sentences)
