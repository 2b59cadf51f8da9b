"""Draw the states of an object as a map, with the way that it took."""

import math
from dataclasses import dataclass
from html import escape

from lantern.pictures.figure import LINE, NARROW, WIDE, Drawing, Picture, figure, rect, text, titled
from lantern.states import DELETED, DETACHED, PENDING, PERSISTENT, TRANSIENT, StateWatch

ROW, ABOVE = 20, 8  # pixels
ARROW = 9  # pixels from tip to base
BOLD, CIRCLED = 8, 14  # pixels of a letter and of a number

# Where somebody in that state would be.
METAPHORS = {
    TRANSIENT: "on the street",
    PENDING: "in the queue",
    PERSISTENT: "seated",
    DETACHED: "gone home",
    DELETED: "shown to the door",
}


@dataclass(frozen=True)
class Way:
    """A move on the map: its line, the call that makes it, and where that is written."""

    line: tuple[float, float, float, float]
    call: str
    at: tuple[float, float]
    anchor: str = "middle"
    over: float = 0.0  # how far the line bends upward


@dataclass(frozen=True)
class Map:
    """Where the states and the ways between them lie, and in how many columns the steps stand."""

    width: float
    height: float
    box: tuple[float, float]
    centres: dict[str, tuple[float, float]]
    ways: dict[tuple[str, str], Way]
    columns: int


WIDE_MAP = Map(
    WIDE,
    250,
    (146, 54),
    {
        TRANSIENT: (75, 84),
        PENDING: (315, 84),
        PERSISTENT: (546, 84),
        DETACHED: (315, 216),
        DELETED: (546, 216),
    },
    {
        (TRANSIENT, PENDING): Way((148, 74, 242, 74), "add", (195, 66)),
        (PENDING, TRANSIENT): Way((242, 96, 148, 96), "rollback", (195, 114)),
        (PENDING, PERSISTENT): Way((388, 84, 473, 84), "flush", (430, 76)),
        (PERSISTENT, TRANSIENT): Way(
            (546, 57, 75, 57), "rollback of its insert", (310, 18), over=46
        ),
        (PERSISTENT, DELETED): Way((586, 111, 586, 189), "delete, flush", (594, 154), "start"),
        (DELETED, PERSISTENT): Way((552, 189, 552, 111), "rollback", (545, 148), "end"),
        (DELETED, DETACHED): Way((473, 222, 388, 222), "commit", (430, 240)),
        (PERSISTENT, DETACHED): Way((496, 111, 388, 200), "close", (428, 184), "start"),
        (DETACHED, PERSISTENT): Way((345, 189, 473, 100), "add", (394, 142), "end"),
        ("", PERSISTENT): Way((715, 84, 619, 84), "SELECT", (672, 76)),
    },
    columns=2,
)
NARROW_MAP = Map(
    NARROW,
    366,
    (118, 60),
    {
        TRANSIENT: (60, 38),
        PENDING: (270, 38),
        PERSISTENT: (270, 180),
        DETACHED: (60, 330),
        DELETED: (270, 330),
    },
    {
        (TRANSIENT, PENDING): Way((119, 28, 211, 28), "add", (165, 21)),
        (PENDING, TRANSIENT): Way((211, 50, 119, 50), "rollback", (165, 66)),
        (PENDING, PERSISTENT): Way((300, 68, 300, 150), "flush", (294, 100), "end"),
        (PERSISTENT, TRANSIENT): Way(
            (225, 150, 60, 68), "rollback of its insert", (2, 132), "start"
        ),
        (PERSISTENT, DELETED): Way((320, 210, 320, 300), "delete,\nflush", (313, 232), "end"),
        (DELETED, PERSISTENT): Way((222, 300, 222, 210), "rollback", (229, 284), "start"),
        (DELETED, DETACHED): Way((211, 336, 119, 336), "commit", (165, 354)),
        (PERSISTENT, DETACHED): Way((211, 196, 60, 300), "close", (118, 246), "end"),
        (DETACHED, PERSISTENT): Way((100, 300, 211, 206), "add", (164, 272), "start"),
        ("", PERSISTENT): Way((2, 180, 211, 180), "SELECT", (58, 172)),
    },
    columns=1,
)


def draw_states(watch: StateWatch, title: str = "") -> Picture:
    """Draw the map of the five states; thick and numbered is what the object did."""
    words = [
        f"{title or 'The object'}: {len(watch.steps)} steps.",
        *(f"{n}. After {s.name} it is {s.state}." for n, s in enumerate(watch.steps, 1)),
    ]
    summary = " → ".join(_without_repeats([step.state for step in watch.steps])) or "nothing"
    label = f"Map of the five states of an object. {summary}"
    wide, narrow = (_drawn(watch, title, chosen) for chosen in (WIDE_MAP, NARROW_MAP))
    return figure(wide, narrow, label, words, summary)


def _drawn(watch: StateWatch, title: str, chosen: Map) -> Drawing:
    parts: list[str] = []
    top = titled(parts, title, 0, chosen.width) + ABOVE if title else 0.0
    parts.append(f'<g transform="translate(0 {top:.0f})">')
    for move, way in chosen.ways.items():
        numbers = [n for n, step in enumerate(watch.steps, 1) if move in step.moves]
        parts += _way(way, numbers)
    for state, centre in chosen.centres.items():
        numbers = [n for n, step in enumerate(watch.steps, 1) if step.state == state]
        parts += _box(state, centre, chosen.box, numbers)
    parts.append("</g>")
    half = math.ceil(len(watch.steps) / chosen.columns)
    for number, step in enumerate(watch.steps, 1):
        column, row = divmod(number - 1, half)
        x, y = column * chosen.width / chosen.columns, top + chosen.height + ROW * (row + 1)
        parts.append(text(x, y, f"{_circled(number)} {step.name}: {step.state}"))
    return Drawing(parts, top + chosen.height + ROW * half + 8, chosen.width)


def _box(
    state: str, centre: tuple[float, float], box: tuple[float, float], numbers: list[int]
) -> list[str]:
    (x, y), (width, height) = centre, box
    kind, written = ("step", "title") if numbers else ("grid", "soft")
    numbered = "".join(map(_circled, numbers))
    beside = BOLD * len(state) + CIRCLED * len(numbers) < width
    top = y - 3 if beside else y - 12
    name, below = (f"{state} {numbered}".strip(), "") if beside else (state, numbered)
    return [
        rect(kind, x - width / 2, y - height / 2, width, height),
        *_written(x, top, name, written),
        *_written(x, top + LINE + 3, METAPHORS[state], "soft"),
        *_written(x, top + 2 * (LINE + 2), below, written),
    ]


def _way(way: Way, numbers: list[int]) -> list[str]:
    x1, y1, x2, y2 = way.line
    bend = (x1, y1 - way.over, x2, y2 - way.over) if way.over else way.line
    angle = math.atan2(y2 - bend[3], x2 - bend[2]) if way.over else math.atan2(y2 - y1, x2 - x1)
    # The line ends at the base of the arrow, so that the tip is sharp.
    end_x, end_y = x2 - ARROW * math.cos(angle), y2 - ARROW * math.sin(angle)
    curve = "C{:.1f} {:.1f} {:.1f} {:.1f} ".format(*bend) if way.over else "L"
    line = f"M{x1:.1f} {y1:.1f}{curve}{end_x:.1f} {end_y:.1f}"
    left, right = (
        f"{end_x + 4 * math.sin(angle) * side:.1f} {end_y - 4 * math.cos(angle) * side:.1f}"
        for side in (1, -1)
    )
    words = f"{''.join(map(_circled, numbers))} {way.call}".strip()
    kind = "title" if numbers else "soft"
    return [
        f'<path class="{"step" if numbers else "grid"}" d="{line}"/>',
        f'<path class="{"query" if numbers else "wait"}" d="M{x2} {y2}L{left}L{right}Z"/>',
        *_written(*way.at, words, kind, way.anchor),
    ]


def _written(x: float, y: float, words: str, kind: str, anchor: str = "middle") -> list[str]:
    return [
        f'<text class="{kind}" x="{x:.1f}" y="{y + LINE * row:.1f}" text-anchor="{anchor}">'
        f"{escape(line)}</text>"
        for row, line in enumerate(words.splitlines())
    ]


def _circled(number: int) -> str:
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else f"({number})"


def _without_repeats(states: list[str]) -> list[str]:
    return [state for n, state in enumerate(states) if n == 0 or states[n - 1] != state]
