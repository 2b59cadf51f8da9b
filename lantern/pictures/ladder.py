"""Steps from top to bottom, as a phone has room for: a lane for each who, words beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from lantern.pictures.figure import LINE, NARROW, RIGHT, rect, text, wrapped

NUMBERS, LANE, GAP = 22, 16, 8  # pixels
MOST_LINES = 4  # of what a step does, and of what it gave
WIDER = 1.16  # of a letter, since names are bold and statements are capitals


@dataclass(frozen=True)
class Rung:
    """A step on a lane: who takes it and what that does, and words below with their classes."""

    lane: int
    who: str
    does: str
    below: Sequence[tuple[str, str]] = ()
    above: str = ""
    number: str = ""
    kind: str = ""


def climbed(
    parts: list[str], rungs: Sequence[Rung], lanes: int, y: float, room: float = NARROW
) -> list[float]:
    """Write the rungs from y on, each led to its lane; return where each begins, and the end."""
    tops, leads = [y], []
    left = NUMBERS + LANE * lanes + GAP
    width = (room - left) / WIDER
    for rung in rungs:
        if rung.above:
            y += LINE
            parts.append(text(room - RIGHT, y, rung.above, "busy-word"))
        parts.append(text(0, y + LINE, rung.number, "soft"))
        leads.append(f"M{x_of(rung.lane):.0f} {y + LINE - 4:.0f}H{left - 3:.0f}")
        for number, line in enumerate(wrapped(f"{rung.who} {rung.does}", width, MOST_LINES)):
            y += LINE
            named = number == 0 and line.startswith(rung.who)
            parts.append(_begun(left, y, rung, line) if named else text(left, y, line, rung.kind))
        for words, kind in rung.below:
            for line in wrapped(words, width, MOST_LINES):
                y += LINE
                parts.append(text(left, y, line, kind))
        y += GAP
        tops.append(y)
    upright = [f"M{x_of(lane):.0f} {tops[0]:.0f}V{y:.0f}" for lane in range(lanes)]
    for kind, lines in (("lead", leads), ("grid", upright)):
        parts.insert(0, f'<path class="{kind}" d="{"".join(lines)}"/>')
    return tops


def x_of(lane: int) -> float:
    """Return the middle of a lane."""
    return NUMBERS + LANE * (lane + 0.5)


def stile(kind: str, lane: int, start: float, end: float, thick: float, told: str = "") -> str:
    """Return a bar on a lane from one height to another."""
    return rect(kind, x_of(lane) - thick / 2, start, thick, end - start, told)


def _begun(x: float, y: float, rung: Rung, line: str) -> str:
    kind = f' class="{rung.kind}"' if rung.kind else ""
    rest = escape(line.removeprefix(rung.who))
    return (
        f'<text{kind} x="{x:.1f}" y="{y:.1f}"><tspan class="who">{escape(rung.who)}</tspan>'
        f"{rest}</text>"
    )
