"""Draw recordings: a pure function of the data, readable in light and dark, and in words."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from lantern.pool import PoolWatch
from lantern.timeline import HOLDING, QUERYING, QUEUING, RUNNING, WAITING, Recording

WIDTH, LEFT, RIGHT = 720, 104, 12  # pixels
ROW, TITLE, AXIS, LEGEND, SECTION = 22, 30, 24, 24, 10
THINNEST = 0.4  # pixels; a shorter span would not be seen

# Class, height and distance from the top of the row: a state is told by shape, not only by colour.
SHAPES = {
    RUNNING: ("run", 18, 2),
    QUEUING: ("queue", 12, 5),
    QUERYING: ("query", 12, 5),
    HOLDING: ("hold", 6, 8),
    WAITING: ("wait", 2, 10),
}

STYLE = """
.lantern-picture{--ink:#1f2328;--soft:#59636e;--run:#8a4b00;--queue:#b3261e;--query:#0b5cad;
--hold:#0b5cad;--frozen:#c62828;--frozen-back:#c6282822;--grid:#d1d9e0;margin:1em 0;overflow-x:auto}
html[data-theme=dark] .lantern-picture,body[data-theme=dark] .lantern-picture,
body[data-jp-theme-light=false] .lantern-picture{--ink:#f0f3f6;--soft:#b7bdc8;--run:#ffb757;
--queue:#ff8f85;--query:#74b4ff;--hold:#74b4ff;--frozen:#ff7b72;--frozen-back:#ff7b7233;--grid:#3d444d}
@media (prefers-color-scheme:dark){body[data-theme=auto] .lantern-picture{--ink:#f0f3f6;
--soft:#b7bdc8;--run:#ffb757;--queue:#ff8f85;--query:#74b4ff;--hold:#74b4ff;--frozen:#ff7b72;
--frozen-back:#ff7b7233;--grid:#3d444d}}
.lantern-picture svg{display:block;min-width:36em;max-width:100%;height:auto;background:none}
.lantern-picture text{font:12px system-ui,sans-serif;fill:var(--ink)}
.lantern-picture .title{font-weight:600;font-size:13px}
.lantern-picture .soft{fill:var(--soft)}
.lantern-picture .grid{stroke:var(--grid);fill:none}
.lantern-picture .run{fill:var(--run)}
.lantern-picture .queue{stroke:var(--queue)}
.lantern-picture .hatch{stroke:var(--queue);stroke-width:2}
.lantern-picture .query{fill:var(--query)}
.lantern-picture .hold{fill:none;stroke:var(--hold)}
.lantern-picture .wait{fill:var(--soft)}
.lantern-picture .frozen{fill:var(--frozen-back);stroke:var(--frozen);stroke-dasharray:4 3}
.lantern-picture .frozen-word{fill:var(--frozen);font-weight:600;text-anchor:end}
.lantern-picture .limit{stroke:var(--queue);stroke-dasharray:6 4;fill:none}
.lantern-picture .step{stroke:var(--query);stroke-width:2;fill:none}
""".replace("\n", "")

# Ids must differ between figures: a pattern inside a folded figure would draw nothing elsewhere.
HATCH_ID = "hatch-of-this-figure"
HATCH = (
    f'<defs><pattern id="{HATCH_ID}" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>'
)


@dataclass(frozen=True)
class Picture:
    """An SVG figure as HTML, what it shows in words, and a summary that no clock changes."""

    html: str
    words: str
    summary: str

    def __repr__(self) -> str:
        return f"<Picture: {self.summary}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": repr(self)}


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
    return _figure(parts, y, f"Timeline of tasks and connections. {summary}", words, summary)


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
    return _figure(parts, y, f"Connections in use over time. {summary}", words, summary)


def _panel(parts: list[str], recording: Recording, title: str, y: float, seconds: float) -> float:
    parts.append(_text(0, y + 18, title, "title"))
    top = y + TITLE
    lanes_end = top + ROW * len(recording.lanes)
    numbers = sorted({use.connection for use in recording.usages})
    bottom = lanes_end + (SECTION + ROW * len(numbers) if numbers else 0)
    for freeze in recording.freezes:
        x, width = _x(freeze.start, seconds), _x(freeze.end, seconds) - _x(freeze.start, seconds)
        parts.append(_rect("frozen", x, top - 2, width, bottom - top + 4))
    if recording.freezes:
        word = f"loop frozen {recording.frozen:.2f} s"
        parts.append(_text(WIDTH - RIGHT, y + 18, word, "frozen-word"))
    for row, lane in enumerate(recording.lanes):
        lane_y = top + row * ROW
        parts.append(_text(0, lane_y + 15, lane))
        for span in recording.states(lane):
            kind, height, below = SHAPES[span.state]
            _bar(parts, kind, span.start, span.end, lane_y + below, height, seconds, span.sql)
    for row, number in enumerate(numbers):
        row_y = lanes_end + SECTION + row * ROW
        parts.append(_text(0, row_y + 15, f"connection {number}", "soft"))
        for use in recording.usages:
            if use.connection == number:
                _bar(parts, "hold", use.start, use.end, row_y + 3, 16, seconds, use.lane)
                if _x(use.end, seconds) - _x(use.start, seconds) > 7 * len(use.lane):
                    parts.append(_text(_x(use.start, seconds) + 4, row_y + 15, use.lane))
    return bottom + SECTION


def _chart(
    parts: list[str], watch: PoolWatch, title: str, limit: int, y: float, seconds: float
) -> float:
    parts.append(_text(0, y + 18, title, "title"))
    top, height = y + TITLE, 4 * ROW
    bottom = top + height
    scale = height / max(limit, watch.most, 1)
    line = bottom - limit * scale
    parts.append(_text(0, line + 4, f"limit {limit}", "soft"))
    parts.append(_text(0, bottom, "0 in use", "soft"))
    parts.append(f'<path class="limit" d="M{LEFT} {line:.1f}H{WIDTH - RIGHT}"/>')
    path = f"M{LEFT} {bottom - watch.steps[0][1] * scale:.1f}"
    for moment, count in watch.steps[1:]:
        path += f"H{_x(moment, seconds):.1f}V{bottom - count * scale:.1f}"
    parts.append(f'<path class="step" d="{path}H{_x(watch.seconds, seconds):.1f}"/>')
    return bottom + SECTION


def _axis(parts: list[str], y: float, seconds: float) -> float:
    parts.append(_text(0, y + 14, "seconds", "soft"))
    step = _tick(seconds)
    ticks = [number * step for number in range(int(seconds / step) + 1)] if seconds else [0.0]
    for moment in ticks:
        x = _x(moment, seconds)
        parts.insert(0, f'<path class="grid" d="M{x:.1f} {TITLE}V{y:.1f}"/>')
        parts.append(_text(x, y + 14, f"{moment:g}", "soft"))
    return y + AXIS


def _tick(seconds: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that cuts the axis in four to ten."""
    if seconds <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(seconds / 4))
    return next(power * factor for factor in (5, 2, 1) if power * factor <= seconds / 4)


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
        parts.append(_rect(kind, x, y + below, 16, height))
        parts.append(_text(x + 21, y + 15, state))
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


def _figure(parts: list[str], height: float, label: str, words: list[str], summary: str) -> Picture:
    drawn = HATCH + "".join(parts)
    digest = hashlib.sha256(drawn.encode()).hexdigest()[:8]
    svg = (
        f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg">{drawn.replace(HATCH_ID, f"hatch-{digest}")}</svg>'
    )
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in words)
    html = (
        f'<figure class="lantern-picture"><style>{STYLE}</style>{svg}'
        f"<details><summary>The picture in words</summary>{told}</details></figure>"
    )
    return Picture(html, "\n".join(words), summary)


def _x(moment: float, seconds: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (moment / seconds if seconds else 0.0)


def _bar(
    parts: list[str],
    kind: str,
    start: float,
    end: float,
    y: float,
    height: float,
    seconds: float,
    told: str,
) -> None:
    x, width = _x(start, seconds), _x(end, seconds) - _x(start, seconds)
    if width >= THINNEST:
        parts.append(_rect(kind, x, y, width, height, told))


def _rect(kind: str, x: float, y: float, width: float, height: float, told: str = "") -> str:
    inside = f"<title>{escape(told)}</title>" if told else ""
    filled = f' fill="url(#{HATCH_ID})"' if kind == "queue" else ""
    return (
        f'<rect class="{kind}"{filled} x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}">{inside}</rect>'
    )


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    chosen = f' class="{kind}"' if kind else ""
    return f'<text{chosen} x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>' if words else ""
