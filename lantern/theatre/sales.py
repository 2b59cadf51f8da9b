"""Draw what became of a crowd of guests, one bar for each way to sell."""

from collections.abc import Mapping

from lantern.pictures.figure import (
    LINE,
    NARROW,
    WIDE,
    Drawing,
    Picture,
    figure,
    legend,
    mark,
    rect,
    text,
    titled,
    wrapped,
)

TICKETS, SOLD_OUT, ERRORS = "tickets", "sold out", "errors"
SEATED, TWICE = "tickets with a seat", "tickets without one"
MARKS = {SEATED: "query", TWICE: "failed", SOLD_OUT: "wait", ERRORS: "queue"}

BAR, GAP = 12, 8  # pixels


def draw_sales(ways: Mapping[str, Mapping[str, int]], seats: int, title: str = "") -> Picture:
    """Draw for each way to sell how many tickets there are, and what the others were told.

    `ways` has for each name the counts of TICKETS, SOLD_OUT and ERRORS. Tickets for which there
    is no seat any more have a colour of their own.
    """
    words = [title or "Tickets handed out, and what the others were told."]
    words += [f"{_told(name, counts, seats)}." for name, counts in ways.items()]
    over = [name for name, counts in ways.items() if counts[TICKETS] > seats]
    summary = f"{seats} seats; over them: {', '.join(over) or 'none'}"
    label = f"Bars of sales. {title}: {summary}" if title else f"Bars of sales. {summary}"
    wide, narrow = (_drawn(ways, seats, title, width) for width in (WIDE, NARROW))
    return figure(wide, narrow, label, words, summary)


def _told(name: str, counts: Mapping[str, int], seats: int) -> str:
    said = [f"{counts[kind]} {kind}" for kind in (TICKETS, SOLD_OUT, ERRORS) if counts[kind]]
    if counts[TICKETS] > seats:
        said.insert(1, f"{counts[TICKETS] - seats} of them without a seat")
    return f"{name}: {', '.join(said)}"


def _drawn(ways: Mapping[str, Mapping[str, int]], seats: int, title: str, width: float) -> Drawing:
    parts: list[str] = []
    pieces = {name: _pieces(counts, seats) for name, counts in ways.items()}
    scale = width / max(sum(bar.values()) for bar in pieces.values())
    y = titled(parts, title, 0, width) + GAP
    for name, bar in pieces.items():
        for line in wrapped(_told(name, ways[name], seats), width):
            y += LINE
            parts.append(text(0, y, line))
        x = 0.0
        for kind, number in bar.items():
            parts.append(rect(MARKS[kind], x, y + 5, scale * number, BAR, f"{number} {kind}"))
            x += scale * number
        y += 5 + BAR + GAP
    marks = [(mark(drawn, BAR), kind) for kind, drawn in MARKS.items()]
    return Drawing(parts, legend(parts, marks, 0, y, width), width)


def _pieces(counts: Mapping[str, int], seats: int) -> dict[str, int]:
    """Return what a bar is made of, from left to right."""
    seated = min(counts[TICKETS], seats)
    told = {SOLD_OUT: counts[SOLD_OUT], ERRORS: counts[ERRORS]}
    return {SEATED: seated, TWICE: counts[TICKETS] - seated, **told}
