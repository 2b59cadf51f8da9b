"""Draw the states of an object as a map, with the way that it took."""

import math
from dataclasses import dataclass
from html import escape

from lantern.pictures.figure import WIDTH, Picture, figure, rect, text
from lantern.states import DELETED, DETACHED, PENDING, PERSISTENT, TRANSIENT, StateWatch

BOX_WIDTH, BOX_HEIGHT = 146, 54
HEIGHT, ROW, TITLE = 250, 20, 26
ARROW = 9  # pixels from tip to base

# Centre of each state, and where somebody in that state would be.
PLACES = {
    TRANSIENT: (75, 84, "on the street"),
    PENDING: (315, 84, "in the queue"),
    PERSISTENT: (546, 84, "seated"),
    DETACHED: (315, 216, "gone home"),
    DELETED: (546, 216, "shown to the door"),
}


@dataclass(frozen=True)
class Way:
    """A move on the map: its line, the call that makes it, and where that is written."""

    line: tuple[float, float, float, float]
    call: str
    at: tuple[float, float]
    anchor: str = "middle"
    over: float = 0.0  # how far the line bends upward


WAYS = {
    (TRANSIENT, PENDING): Way((148, 74, 242, 74), "add", (195, 66)),
    (PENDING, TRANSIENT): Way((242, 96, 148, 96), "rollback", (195, 114)),
    (PENDING, PERSISTENT): Way((388, 84, 473, 84), "flush", (430, 76)),
    (PERSISTENT, TRANSIENT): Way((546, 57, 75, 57), "rollback of its insert", (310, 18), over=46),
    (PERSISTENT, DELETED): Way((586, 111, 586, 189), "delete, flush", (594, 154), "start"),
    (DELETED, PERSISTENT): Way((552, 189, 552, 111), "rollback", (545, 148), "end"),
    (DELETED, DETACHED): Way((473, 222, 388, 222), "commit", (430, 240)),
    (PERSISTENT, DETACHED): Way((496, 111, 388, 200), "close", (428, 184), "start"),
    (DETACHED, PERSISTENT): Way((345, 189, 473, 100), "add", (394, 142), "end"),
    ("", PERSISTENT): Way((715, 84, 619, 84), "SELECT", (672, 76)),
}


def draw_states(watch: StateWatch, title: str = "") -> Picture:
    """Draw the map of the five states; thick and numbered is what the object did."""
    top = TITLE if title else 0
    parts = [text(0, 18, title, "title"), f'<g transform="translate(0 {top})">']
    for move, way in WAYS.items():
        numbers = [n for n, step in enumerate(watch.steps, 1) if move in step.moves]
        parts += _way(way, numbers)
    for state in PLACES:
        numbers = [n for n, step in enumerate(watch.steps, 1) if step.state == state]
        parts += _box(state, numbers)
    parts.append("</g>")
    half = math.ceil(len(watch.steps) / 2)
    for number, step in enumerate(watch.steps, 1):
        column, row = divmod(number - 1, half)
        x, y = column * WIDTH / 2, top + HEIGHT + ROW * (row + 1)
        parts.append(text(x, y, f"{_circled(number)} {step.name}: {step.state}"))
    words = [
        f"{title or 'The object'}: {len(watch.steps)} steps.",
        *(f"{n}. After {s.name} it is {s.state}." for n, s in enumerate(watch.steps, 1)),
    ]
    summary = " → ".join(_without_repeats([step.state for step in watch.steps])) or "nothing"
    label = f"Map of the five states of an object. {summary}"
    return figure(parts, top + HEIGHT + ROW * half + 8, label, words, summary)


def _box(state: str, numbers: list[int]) -> list[str]:
    x, y, metaphor = PLACES[state]
    kind = "step" if numbers else "grid"
    name = " ".join([state, "".join(map(_circled, numbers))]).strip()
    left, over = x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2
    return [
        rect(kind, left, over, BOX_WIDTH, BOX_HEIGHT),
        _written(x, y - 3, name, "title" if numbers else "soft"),
        _written(x, y + 15, metaphor, "soft"),
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
    return [
        f'<path class="{"step" if numbers else "grid"}" d="{line}"/>',
        f'<path class="{"query" if numbers else "wait"}" d="M{x2} {y2}L{left}L{right}Z"/>',
        _written(*way.at, words, "title" if numbers else "soft", way.anchor),
    ]


def _written(x: float, y: float, words: str, kind: str, anchor: str = "middle") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _circled(number: int) -> str:
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else f"({number})"


def _without_repeats(states: list[str]) -> list[str]:
    return [state for n, state in enumerate(states) if n == 0 or states[n - 1] != state]
