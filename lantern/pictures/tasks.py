"""Draw recordings: a pure function of the data, readable in light and dark, and in words."""

from collections.abc import Iterable, Sequence

from lantern.pictures.figure import LEFT, RIGHT, WIDTH, Picture, bar, figure, rect, text, tick, x_of
from lantern.pool import PoolWatch
from lantern.recording import HOLDING, QUERYING, QUEUING, RUNNING, WAITING, Recording

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

    Bars: what a task does (see SHAPES); bands: the loop was frozen.
    """
    seconds = max((recording.seconds for recording in recordings), default=0.0)
    names = [*titles, *("" for _ in recordings[len(titles) :])]
    parts: list[str] = []
    y = 0.0
    for title, recording in zip(names, recordings, strict=True):
        y = _panel(parts, recording, title, y, seconds)
    y = _axis(parts, y, seconds)
    y = _legend(parts, y, recordings)
    words = [
        _in_words(title or f"Recording {number}", recording)
        for number, (title, recording) in enumerate(zip(names, recordings, strict=True), 1)
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


def _panel(parts: list[str], recording: Recording, title: str, y: float, seconds: float) -> float:
    parts.append(text(0, y + 18, title, "title"))
    top = y + TITLE
    lanes_end = top + ROW * len(recording.lanes)
    numbers = sorted({use.connection for use in recording.usages})
    bottom = lanes_end + (SECTION + ROW * len(numbers) if numbers else 0)
    for freeze in recording.freezes:
        x, width = (
            x_of(freeze.start, seconds),
            x_of(freeze.end, seconds) - x_of(freeze.start, seconds),
        )
        parts.append(rect("frozen", x, top - 2, width, bottom - top + 4))
    if recording.freezes:
        word = f"loop frozen {recording.frozen:.2f} s"
        parts.append(text(WIDTH - RIGHT, y + 18, word, "frozen-word"))
    for row, lane in enumerate(recording.lanes):
        lane_y = top + row * ROW
        parts.append(text(0, lane_y + 15, lane))
        for span in recording.states(lane):
            kind, height, below = SHAPES[span.state]
            bar(parts, kind, span.start, span.end, lane_y + below, height, seconds, span.sql)
    for row, number in enumerate(numbers):
        row_y = lanes_end + SECTION + row * ROW
        parts.append(text(0, row_y + 15, f"connection {number}", "soft"))
        for use in recording.usages:
            if use.connection == number:
                bar(parts, "hold", use.start, use.end, row_y + 3, 16, seconds, use.lane)
                if x_of(use.end, seconds) - x_of(use.start, seconds) > 7 * len(use.lane):
                    parts.append(text(x_of(use.start, seconds) + 4, row_y + 15, use.lane))
    return bottom + SECTION


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


def _legend(parts: list[str], y: float, recordings: Iterable[Recording]) -> float:
    present = {
        span.state
        for recording in recordings
        for lane in recording.lanes
        for span in recording.states(lane)
    }
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


def _in_words(title: str, recording: Recording) -> str:
    sentences = [f"{title}: {len(recording.lanes)} tasks in {recording.seconds:.2f} s."]
    if recording.freezes:
        sentences.append(f"The loop was frozen for {recording.frozen:.2f} s.")
    else:
        sentences.append("The loop was never frozen.")
    if recording.usages:
        most = recording.most_connections
        noun = "connection was" if most == 1 else "connections were"
        sentences.append(f"At most {most} {noun} in use at once.")
    for lane in recording.lanes:
        total: dict[str, float] = {}
        for span in recording.states(lane):
            total[span.state] = total.get(span.state, 0.0) + span.end - span.start
        doing = [f"{state} {spent:.2f} s" for state, spent in total.items() if spent >= 0.005]
        sentences.append(f"{lane}: {', '.join(doing) or 'done at once'}.")
    return " ".join(sentences)
