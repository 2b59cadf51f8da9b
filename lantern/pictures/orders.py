"""Draw one order of steps: a column for each task, time downwards, what each has in hand."""

import re
from collections.abc import Iterator, Sequence

from lantern.pictures.figure import WIDTH, Picture, figure, rect, text
from lantern.steps import BEGIN, COMMIT, READ, ROLLBACK, START, WRITE, Order, Step

NUMBERS, TOP, LINE, GAP, BAR = 28, 46, 15, 8, 8  # pixels
LETTER = 6.6  # pixels that a letter takes at most, on average


def draw_order(order: Order, title: str = "", names: Sequence[str] = ()) -> Picture:
    """Draw the steps of an order from top to bottom, each in the column of its task.

    `names` are those of the tasks, in their order; without them they go by their letters. A bar
    stands for an open transaction. A write is marked if, since its task last read, another one has
    committed.
    """
    letters = sorted({step.task for step in order.steps})
    called = dict(zip(letters, [*names, *letters[len(names) :]], strict=True))
    width = (WIDTH - NUMBERS) / max(len(letters), 1)
    columns = {letter: NUMBERS + n * width for n, letter in enumerate(letters)}
    stale = dict(_out_of_date(order.steps))
    parts = [text(0, 18, title, "title")]
    parts += [text(x, TOP - 8, called[letter]) for letter, x in columns.items()]
    y, opened = float(TOP), {}
    for number, step in enumerate(order.steps):
        x, top = columns[step.task], y
        parts.append(text(0, y + LINE, f"{number + 1}", "soft"))
        lines = [_cut(line, width) for line in (in_short(step), step.gave) if line]
        for line, kind in zip(lines, ("", "soft"), strict=False):
            y += LINE
            parts.append(text(x + BAR + 8, y, line, kind))
        if number in stale:
            since, other = stale[number]
            committed = f"{called[order.steps[other].task]} committed in {other + 1}"
            for line in (f"read in {since + 1}, and", committed):
                y += LINE
                parts.append(text(x + width - 16, y, _cut(line, width), "frozen-word"))
        y += GAP
        if step.kind == BEGIN and step.task not in opened:
            opened[step.task] = top + GAP / 2
        if step.kind in (COMMIT, ROLLBACK) and step.task in opened:
            start = opened.pop(step.task)
            parts.append(rect("hold", x, start, BAR, y - start - GAP / 2, "a transaction"))
    for letter, start in opened.items():
        parts.append(rect("hold", columns[letter], start, BAR, y - start, "left open"))
    for x in columns.values():
        parts.insert(0, f'<path class="grid" d="M{x + BAR / 2:.1f} {TOP}V{y:.1f}"/>')
    y += LINE
    if order.broken:
        parts.append(text(WIDTH - 12, y, _cut(order.broken, WIDTH), "failed-word"))
        y += GAP
    verdict = order.broken or "the invariant holds"
    summary = f"order {order.schedule}: {'it breaks' if order.broken else 'it holds'}"
    label = f"An order of steps. {title}: {verdict}" if title else f"An order of steps: {verdict}"
    told = [" ".join(_in_words(order, called, stale)), f"At the end: {verdict}."]
    return figure(parts, y + GAP, label, told, summary)


def in_short(step: Step) -> str:
    """Return a statement in one line, without the columns of a SELECT, its values filled in."""
    if step.kind == START:
        return "begins"
    sql = re.sub(r"^SELECT\b.*?\bFROM\b", "SELECT … FROM", " ".join(step.sql.split()))
    values = iter(step.values if isinstance(step.values, (tuple, list)) else ())
    return re.sub(r"\?", lambda mark: repr(next(values, mark[0])), sql)


def _cut(words: str, width: float) -> str:
    most = int((width - BAR - 16) / LETTER)
    return words if len(words) <= most else words[: most - 1] + "…"


def _out_of_date(steps: Sequence[Step]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the writes before which another task committed, since theirs last read."""
    last_read: dict[str, int] = {}
    wrote: set[str] = set()
    commits: list[int] = []
    for number, step in enumerate(steps):
        if step.kind == READ:
            last_read[step.task] = number
        elif step.kind == WRITE:
            wrote.add(step.task)
            since = last_read.get(step.task, number)
            others = [at for at in commits if at > since and steps[at].task != step.task]
            if others:
                yield number, (since, others[0])
        elif step.kind == COMMIT and step.task in wrote:
            wrote.discard(step.task)
            commits.append(number)


def _in_words(
    order: Order, called: dict[str, str], stale: dict[int, tuple[int, int]]
) -> Iterator[str]:
    for number, step in enumerate(order.steps):
        gave = f", gave {step.gave}" if step.gave else ""
        since = (
            f", on what was read in step {stale[number][0] + 1}, before "
            f"{called[order.steps[stale[number][1]].task]} committed"
            if number in stale
            else ""
        )
        yield f"{number + 1}. {called[step.task]}: {in_short(step)}{gave}{since}."
