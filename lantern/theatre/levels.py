"""Draw isolation levels, with what slips through each: a function of the matrix."""

from collections.abc import Mapping, Sequence

from lantern.pictures.figure import NARROW, WIDE, Drawing, Picture, figure, rect, text, titled

# How a play ends; behind the last one stands the code of the refusal.
HAPPENS, KEPT_OUT, REFUSED = "slips through", "kept out", "refused:"

NAMES, TOP, ROW, GAP = 128, 44, 46, 14  # pixels
SLIT = 10  # of a level that lets something through


def draw_levels(matrix: Mapping[str, Mapping[str, str]], title: str = "") -> Picture:
    """Draw a column for each level, and in it a bar for each anomaly that it stops.

    `matrix` has for each level the end of every anomaly: HAPPENS, KEPT_OUT, or REFUSED and a
    code. What slips through goes through the column as an arrow.
    """
    anomalies = list(next(iter(matrix.values()), {}))
    words = [title or "Isolation levels, and what slips through each."]
    for level, ends in matrix.items():
        told = ", ".join(f"{anomaly} {ends[anomaly]}" for anomaly in anomalies)
        words.append(f"{level}: {told}.")
    summary = "; ".join(
        f"{level} lets {list(ends.values()).count(HAPPENS)} through"
        for level, ends in matrix.items()
    )
    label = f"Map of levels. {title}: {summary}" if title else f"Map of levels. {summary}"
    # On a phone each level stands below the one before.
    narrow = [{level: ends} for level, ends in matrix.items()]
    return figure(
        _drawn([matrix], title, WIDE), _drawn(narrow, title, NARROW), label, words, summary
    )


def _drawn(rows: Sequence[Mapping[str, Mapping[str, str]]], title: str, width: float) -> Drawing:
    """Draw rows of levels one below the other."""
    parts: list[str] = []
    y = titled(parts, title, 0, width)
    for matrix in rows:
        y = _row(parts, matrix, y, width)
    return Drawing(parts, y, width)


def _row(
    parts: list[str], matrix: Mapping[str, Mapping[str, str]], y: float, width: float
) -> float:
    anomalies = list(next(iter(matrix.values()), {}))
    wide, top = (width - NAMES) / max(len(matrix), 1), y + TOP
    height = ROW * len(anomalies)
    for row, anomaly in enumerate(anomalies):
        parts.append(text(0, top + ROW * row + ROW / 2 + 4, anomaly))
    for column, (level, ends) in enumerate(matrix.items()):
        left = NAMES + wide * column
        parts.append(text(left + GAP / 2, top - 10, level, "title"))
        parts.append(rect("grid", left + GAP / 2, top - 4, wide - GAP, height + 8))
        for row, anomaly in enumerate(anomalies):
            parts += _end(ends[anomaly], left, top + ROW * row, wide, f"{level}: {anomaly}")
    return top + height + GAP


def _end(end: str, left: float, top: float, width: float, told: str) -> list[str]:
    """Draw the end of one anomaly at one level: an arrow through it, or a bar with a word."""
    x, middle = left + GAP, top + ROW / 2
    if end == HAPPENS:
        tip = left + width - GAP / 2 + SLIT / 2
        return [
            rect("frozen", left + GAP / 2, top + 4, width - GAP, ROW - 8, f"{told} {end}"),
            f'<path class="queue" fill="none" stroke-width="2" d="M{left - SLIT / 2:.1f} '
            f'{middle + 9:.1f}H{tip:.1f}m-6 -4l6 4l-6 4"/>',
            text(left + width - GAP, middle + 2, end, "failed-word"),
        ]
    kind = "step" if end.startswith(REFUSED) else "grid"
    return [
        rect(kind, x, top + 6, width - 2 * GAP, ROW - 12, f"{told} {end}"),
        *(
            text(x + 6, middle + 4 + shift, line, "" if kind == "step" else "soft")
            for shift, line in _lines(end)
        ),
    ]


def _lines(end: str) -> list[tuple[float, str]]:
    """Return the lines of an end, each with how far it stands below the middle."""
    first, mark, second = end.partition("_")  # SQLite's codes are longer than a column is wide
    return [(-8, first + mark), (7, second)] if mark else [(0, end)]
