"""Draw one order of steps: a column for each task, time downwards, what each has in hand."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lantern.pictures.figure import (
    LINE,
    NARROW,
    WIDE,
    Drawing,
    Picture,
    cut,
    figure,
    rect,
    text,
    titled,
    wrapped,
)
from lantern.pictures.ladder import Rung, climbed, stile
from lantern.steps import (
    BEGIN,
    COMMIT,
    LETTERS,
    READ,
    ROLLBACK,
    START,
    WAIT,
    WRITE,
    Order,
    Step,
    table_of,
)

NUMBERS, TOP, GAP, BAR = 28, 28, 8, 8  # pixels
MOST_LINES = 3  # of a statement, and of what it gave
# Of a value in a statement: SQLite's, asyncpg's and psycopg's, these with a cast.
PLACE = re.compile(
    r"(?:\?|\$(?P<number>\d+)|%\((?P<name>\w+)\)s)(?:::(?:TIMESTAMP WITH(?:OUT)? TIME ZONE|\w+))?"
)

OF_CAPITALS = 1.05  # times as wide as other words are those of SQL

Called = dict[str, str]  # the name of each task, by its letter
Stale = dict[int, tuple[int, int]]  # of a write, what _out_of_date tells


def draw_order(order: Order, title: str = "", names: Sequence[str] = ()) -> Picture:
    """Draw the steps of an order from top to bottom, each in the column of its task.

    `names` are those of the tasks, in their order; without them they go by their letters. A bar
    stands for an open transaction. A write is marked if another task has committed since its own
    has read what it stands on. What waits in a server stands there twice: where it begins to wait,
    and where it has gone on. Below an order that has not ended yet stands what can come next.
    """
    own = set(LETTERS[: len(names)])  # also of a task that has taken no step
    letters = sorted({step.task for step in (*order.steps, *order.next)} | own)
    called = dict(zip(letters, [*names, *letters[len(names) :]], strict=True))
    stale = _out_of_date(order.steps)
    verdict, short = _end_of(order, called)
    summary = f"order {order.schedule}: {short}"
    label = f"An order of steps. {title}: {verdict}" if title else f"An order of steps: {verdict}"
    told = [
        *_in_words(order, called, stale),
        f"{'Next' if order.next else 'At the end'}: {verdict}.",
    ]
    wide = _columns(order, title, called, stale)
    return figure(wide, _ladder(order, title, called, stale), label, told, summary)


def _columns(order: Order, title: str, called: Called, stale: Stale) -> Drawing:
    """Draw a column for each task."""
    width = (WIDE - NUMBERS) / max(len(called), 1)
    room = (width - BAR - 16) / OF_CAPITALS
    columns = {letter: NUMBERS + n * width for n, letter in enumerate(called)}
    parts: list[str] = []
    y = top = titled(parts, title, 0, WIDE) + TOP
    parts += [text(x, top - 8, called[letter]) for letter, x in columns.items()]
    tops = [y]
    for number, step in enumerate(order.steps):
        x = columns[step.task]
        parts.append(text(0, y + LINE, f"{number + 1}", "soft"))
        for words, kind in ((in_short(step), ""), (_gave(step, called), "soft")):
            for line in wrapped(words, room, MOST_LINES):
                y += LINE
                parts.append(text(x + BAR + 8, y, line, kind))
        for line in _read_before(number, order, called, stale):
            y += LINE
            parts.append(text(x + width - 16, y, cut(line, room), "frozen-word"))
        y += GAP
        tops.append(y)
    for step in order.next:
        line = cut(f"next: {in_short(step)}", room)
        parts.append(text(columns[step.task] + BAR + 8, y + LINE, line, "soft"))
    y += LINE if order.next else 0
    for task, start, end, told in _open_transactions(order.steps):
        above = tops[start] + GAP / 2
        below = y if end is None else tops[end] - GAP / 2
        parts.append(rect("hold", columns[task], above, BAR, below - above, told))
    for x in columns.values():
        parts.insert(0, f'<path class="grid" d="M{x + BAR / 2:.1f} {top:.0f}V{y:.1f}"/>')
    y += LINE
    if order.broken:
        parts.append(text(WIDE - 12, y, cut(order.broken, WIDE - BAR - 16), "failed-word"))
        y += GAP
    return Drawing(parts, y + GAP)


def _ladder(order: Order, title: str, called: Called, stale: Stale) -> Drawing:
    """Draw a lane for each task, and its steps beside them."""
    parts: list[str] = []
    lanes = {task: number for number, task in enumerate(called)}
    rungs = []
    for number, step in enumerate(order.steps):
        below = [(_gave(step, called), "soft")]
        below += [(line, "failed") for line in _read_before(number, order, called, stale)]
        who, does = called[step.task], in_short(step)
        rungs.append(Rung(lanes[step.task], who, does, below, number=f"{number + 1}"))
    for step in order.next:
        who, does = called[step.task], f"next: {in_short(step)}"
        rungs.append(Rung(lanes[step.task], who, does, kind="soft"))
    tops = climbed(parts, rungs, len(lanes), titled(parts, title, 0, NARROW) + GAP / 2)
    for task, start, end, told in _open_transactions(order.steps):
        ends = tops[-1 if end is None else end] - GAP / 2
        parts.append(stile("hold", lanes[task], tops[start] + GAP / 2, ends, BAR, told))
    y = tops[-1]
    for line in wrapped(order.broken, NARROW / 1.1):
        y += LINE
        parts.append(text(0, y, line, "failed"))
    return Drawing(parts, y + GAP, NARROW)


def _open_transactions(steps: Sequence[Step]) -> Iterator[tuple[str, int, int | None, str]]:
    """Yield whose transaction was open, from which step to before which, or to the end."""
    opened: dict[str, int] = {}
    waiting: set[str] = set()
    for number, step in enumerate(steps):
        begins = step.kind in (BEGIN, WAIT) or step.in_transaction
        # A statement that is a transaction by itself has come to its end where it has gone on.
        ends = step.kind in (COMMIT, ROLLBACK) or (step.task in waiting and not begins)
        (waiting.add if step.kind == WAIT else waiting.discard)(step.task)
        if begins:
            opened.setdefault(step.task, number)
        if ends and step.task in opened:
            yield step.task, opened.pop(step.task), number + 1, "a transaction"
    for task, start in opened.items():
        yield task, start, None, "left open"


def _read_before(number: int, order: Order, called: Called, stale: Stale) -> list[str]:
    """Say of a write that stands on what is out of date when that was read, and who committed."""
    if number not in stale:
        return []
    since, other = stale[number]
    committed = f"{called[order.steps[other].task]} committed in {other + 1}"
    return [f"read in {since + 1}, and", committed]


def _end_of(order: Order, called: dict[str, str]) -> tuple[str, str]:
    """Say what becomes of an order, at length and in short."""
    if order.next:
        able = [f"{called[step.task]} with {in_short(step)}" for step in order.next]
        return ", or ".join(able), "so far"
    if order.broken:
        return order.broken, "it breaks"
    return "the invariant holds", "it holds"


def in_short(step: Step) -> str:
    """Return a statement in one line, without the columns of a SELECT, its values filled in."""
    if step.kind == START:
        return "begins"
    sql = re.sub(r"^SELECT\b.*?\bFROM\b", "SELECT … FROM", " ".join(step.sql.split()))
    return PLACE.sub(_filler(step.values), sql)


def _filler(values: Any) -> Callable[[re.Match[str]], str]:
    """Return what fills in the values of a statement, as each driver has their places."""
    rest = iter(values if isinstance(values, (tuple, list)) else ())

    def fill(place: re.Match[str]) -> str:
        number, name = place["number"], place["name"]
        if name:
            named = isinstance(values, Mapping) and name in values
            return repr(values[name]) if named else place[0]
        if number:
            known = isinstance(values, (tuple, list)) and 0 < int(number) <= len(values)
            return repr(values[int(number) - 1]) if known else place[0]
        return next(map(repr, rest), place[0])

    return fill


def _gave(step: Step, called: dict[str, str]) -> str:
    """Say what a step gave, or for whom it waits."""
    if step.kind != WAIT:
        return step.gave
    return f"waits for {' and '.join(called.get(one, one) for one in step.gave.split(', '))}"


def _out_of_date(steps: Sequence[Step]) -> dict[int, tuple[int, int]]:
    """Return the writes that stand on what is out of date: when it was read, and who committed.

    Of one transaction these are the writes to a table that its task has read, before another one
    committed; where it has read none of those that it writes, the first write after any read.
    """
    marked: dict[int, tuple[int, int]] = {}
    transactions = list(_transactions(steps))
    commits = sorted(commit for _, commit in transactions if commit is not None)
    for writes, _ in transactions:
        of_its_table = {
            at: _overtaken(steps, commits, at, table_of(steps[at].sql)) for at in writes
        }
        of_any = {at: _overtaken(steps, commits, at) for at in writes[:1]}
        found = {at: what for at, what in of_its_table.items() if what}
        marked |= found or {at: what for at, what in of_any.items() if what}
    return marked


def _transactions(steps: Sequence[Step]) -> Iterator[tuple[list[int], int | None]]:
    """Yield the numbers of the writes of each transaction that has some, and of its COMMIT."""
    writes: dict[str, list[int]] = {}
    for number, step in enumerate(steps):
        if step.kind == WRITE:
            writes.setdefault(step.task, []).append(number)
        elif step.kind in (COMMIT, ROLLBACK) and step.task in writes:
            yield writes.pop(step.task), number if step.kind == COMMIT else None
    for left_open in writes.values():
        yield left_open, None


def _overtaken(
    steps: Sequence[Step], commits: Sequence[int], write: int, table: str = ""
) -> tuple[int, int] | None:
    """Return when a write's task last read the table, and who has committed since."""
    task = steps[write].task
    reads = [
        at for at in _reads(steps[:write], task) if not table or table_of(steps[at].sql) == table
    ]
    others = [at for at in commits if steps[at].task != task and reads and reads[-1] < at < write]
    return (reads[-1], others[0]) if others else None


def _reads(steps: Sequence[Step], task: str) -> list[int]:
    """Return the numbers of a task's looks; what was taken back whole began anew, and is none."""
    reads: list[int] = []
    kept, wrote = 0, False
    for number, step in enumerate(steps):
        if step.task != task:
            continue
        reads += [number] if _looked(step) else []
        wrote |= step.kind == WRITE
        if step.kind == ROLLBACK and wrote:
            del reads[kept:]
        if step.kind in (COMMIT, ROLLBACK):
            kept, wrote = len(reads), False
    return reads


def _looked(step: Step) -> bool:
    """Tell whether a step told its task something: a write that found no row did so, too."""
    return step.kind == READ or (step.kind == WRITE and step.gave == "0 rows")


def _in_words(
    order: Order, called: dict[str, str], stale: dict[int, tuple[int, int]]
) -> Iterator[str]:
    for number, step in enumerate(order.steps):
        gave = f", gave {step.gave}" if step.gave else ""
        gave = f", {_gave(step, called)}" if step.kind == WAIT else gave
        since = (
            f", on what was read in step {stale[number][0] + 1}, before "
            f"{called[order.steps[stale[number][1]].task]} committed"
            if number in stale
            else ""
        )
        yield f"{number + 1}. {called[step.task]}: {in_short(step)}{gave}{since}."
