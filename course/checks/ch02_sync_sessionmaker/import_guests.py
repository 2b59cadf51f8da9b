"""ch02-ex2: an import with savepoints."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import select

from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Star, Unseen
from course.checks.ch02_sync_sessionmaker.watched import Sql, WatchedDatabase, why_interrupted
from lantern.theatre import Guest

RIVAL = 9000  # the id of who signs up at the website meanwhile
VOICES = ("singer", "Alto", "baSS")  # an address is kept as it is written
FEW = 25  # statements for 500 rows; a list in batches stays below


@dataclass(frozen=True)
class Choir:
    """Guests who are there already, by their ids; a long list; and a short one of all kinds."""

    known: dict[int, str]
    rows: tuple[str, ...]
    short: tuple[str, ...]

    def new(self, rows: Iterable[str | None]) -> set[str]:
        """Return the addresses on a list that are not in the table yet."""
        return {email for email in rows if email} - set(self.known.values())


def draw_choir(random: Random) -> Choir:
    """Draw lists in which every kind of row stands between others, and some stand three times."""
    numbers = random.sample(range(1000, 9999), 480)
    fresh = [f"{random.choice(VOICES)}{number}@choir.example" for number in numbers]
    fresh = fresh[: random.randrange(420, 460)]
    ids = random.sample(range(101, 200), 5)
    known = {guest_id: f"guest{guest_id}@lantern.example" for guest_id in ids}
    again = [*list(known.values())[:4], *fresh[:8], *fresh[:4]]
    rows = [*fresh, *again, *random.choices(fresh, k=500 - len(fresh) - len(again))]
    random.shuffle(rows)
    first, second, third, fourth = random.sample(fresh, 4)
    guest = known[ids[4]]
    short = (first, second, guest, first, third, second, guest, fourth)
    return Choir(known, tuple(rows), short)


async def observe_import_guests(choir: Choir, import_guests: Any, url: str = "") -> dict[str, Any]:
    """Import a long list, none, and one with a gap; then each time that a guest signs up himself.

    He comes with a connection of his own, in the last moment in which he can write.
    """
    imported = partial(_imported, choir, import_guests, url)
    long = imported(choir.rows)
    if long["ended"] not in ("returned", "raised"):
        return {"long": long}  # what does not end need not be waited for again
    short = imported(choir.short)
    early = [number for number, changes in short["moments"] if not changes]
    gap = (*choir.short[:2], None, *choir.short[2:])
    return {
        "long": long,
        "empty": imported(()),
        "gap": imported(gap),
        "elsewhere": bool(url),
        "meanwhile": {
            email: imported(choir.short, _signs_up(email), moment)
            for email in sorted(choir.new(choir.short))
            for moment in early[-1:]
        },
    }


def _signs_up(email: str) -> tuple[Sql, ...]:
    return (("INSERT INTO guests (id, email) VALUES (?, ?)", (RIVAL, email)),)


def _imported(
    choir: Choir,
    import_guests: Any,
    url: str,
    rows: tuple[str | None, ...],
    rival: tuple[Sql, ...] = (),
    moment: int = 0,
) -> dict[str, Any]:
    guests = (Guest(id=guest_id, email=email) for guest_id, email in choir.known.items())
    database = WatchedDatabase(guests, url)
    seen = database.call(lambda: import_guests(database.Session, list(rows)), rival, moment)
    found = database.read(select(Guest.id, Guest.email).order_by(Guest.id))
    database.close()
    new, known = choir.new(rows), [[*row] for row in sorted(choir.known.items())]
    return {
        **seen,
        "moments": seen["moments"] if len(rows) < len(choir.rows) else [],
        "new": len(new),
        "kept": len(new & {email for _, email in found}),
        "strangers": sorted({email for _, email in found} - {*rows, *choir.known.values()})[:1],
        "table": len(found),
        "untouched": [row for row in found if row in known] == known,
    }


def judge_import_guests(choir: Choir, seen: dict[str, Any]) -> Iterable[Finding]:
    long = seen["long"]
    reason = why_interrupted(long, "import_guests")
    if long["ended"] not in ("returned", "raised"):
        yield Nothing(str(reason))
        return
    if message := _why_nothing_stayed(long, reason):
        for promise in ("kept", "commit", "meanwhile", "gap", *(["counts"] if reason else [])):
            yield Broken(promise, message)
    yield from _judge_kept(long)
    yield from _judge_counts(choir, seen)
    if long["changes"] > 1:
        yield Broken(
            "commit",
            f"One list was committed in {long['changes']} parts: slow, and when it stops in the "
            "middle, nobody knows how far it came. A savepoint undoes one row without ending the "
            "transaction.",
        )
    if seen["elsewhere"]:
        yield Unseen("meanwhile")
    elif message := _why_lost_meanwhile(choir, long, seen["meanwhile"]):
        yield Broken("meanwhile", message)
    if message := _why_no_gap(seen["gap"]):
        yield Broken("gap", message)
    held = max(run["held"] for run in (long, seen["gap"], *seen["meanwhile"].values()))
    if held:
        after = "the import" if long["held"] else "an import that failed"
        yield Broken(
            "returned",
            f"After {after} pool.checkedout() is {held}: a session still holds its connection.",
        )
    if long["statements"] <= FEW:
        yield Star(
            f"{long['statements']} statement{'s' * (long['statements'] > 1)} for "
            f"{len(choir.rows)} rows: no row costs one of its own."
        )


def _why_nothing_stayed(long: dict[str, Any], reason: str | None) -> str | None:
    """Say what ended the import, or that nothing was committed; None if neither is so."""
    if reason and "IntegrityError" in reason and not long["kept"]:
        outside = " The error came out of the inner block's end: catch it outside."
        return (
            f"One duplicate ended it all: {reason}{outside * bool(long['savepoints'])} "
            f"{long['kept']} of {long['new']} new guests were kept."
        )
    if not reason and not long["changes"] and not long["kept"]:
        return (
            "Nothing was committed, so nothing of the list stayed. Either nobody asked for a "
            "commit, or a flush failed and its error was caught: one flush for the whole list "
            "fails as a whole, and the end of `with ….begin()` then has nothing left to commit, "
            "and says nothing."
        )
    return reason


def _judge_kept(long: dict[str, Any]) -> Iterator[Broken]:
    kept, new = long["kept"], long["new"]
    if not long["untouched"]:
        yield Broken(
            "kept",
            "Guests who were there before have another id now, and their orders point nowhere: "
            "skip them, do not replace them.",
        )
    elif long["strangers"]:
        yield Broken(
            "kept",
            f"{kept} of {new} new guests were kept as they stand on the list. There is a guest "
            f"{long['strangers'][0]!r} now, and the list has nobody of exactly this address.",
        )
    elif kept < new:
        yield Broken(
            "kept",
            f"{kept} of {new} new guests were kept. If rollback() was called at a duplicate, it "
            "took back everything since the last commit, not the last row alone: give each risky "
            "row a savepoint.",
        )


def _judge_counts(choir: Choir, seen: dict[str, Any]) -> Iterator[Broken]:
    long, empty = seen["long"], seen["empty"]
    pair, due = _pair(long["value"]), [long["new"], len(choir.rows) - long["new"]]
    if long["ended"] == "returned" and pair is None:
        yield Broken("counts", f"Return (added, skipped), two numbers; this was {long['value']!r}.")
    elif pair != due:
        yield Broken(
            "counts",
            f"The list has {due[0]} new guests and {due[1]} rows of guests known by then; "
            f"import_guests returned {long['value']}.",
        )
    elif _pair(empty["value"]) != [0, 0]:
        told = why_interrupted(empty, "import_guests") or f"It returned {empty['value']}."
        if "syntax error" in told:
            told += " An `insert` that is given `[]` is sent with a row of defaults."
        yield Broken("counts", f"A list without a row adds nobody and skips nobody: (0, 0). {told}")


def _pair(value: str) -> list[int] | None:
    """Return the two numbers of a tuple or list, from its text."""
    numbers = str(value).strip("()[]").split(", ")
    pair = len(numbers) == 2 and all(map(str.isdigit, numbers))
    return [int(number) for number in numbers] if pair else None


def _why_lost_meanwhile(
    choir: Choir, long: dict[str, Any], meanwhile: dict[str, dict[str, Any]]
) -> str | None:
    for email, run in meanwhile.items():
        if not run["came"]:
            continue
        when = (
            f"Of a list of {len(choir.short)} one guest, {email}, signed up at the website right "
            f"before your `{run['came']} …`."
        )
        due = [run["new"] - 1, len(choir.short) - run["new"] + 1]
        if reason := why_interrupted(run, "import_guests"):
            looked = " What had been looked up was old by then." if long["selects"] else ""
            return f"{when} {reason}{looked}"
        if run["kept"] < run["new"]:
            return f"{when} Of {run['new']} new guests {run['new'] - run['kept']} are not there."
        counted = _pair(long["value"]) == [long["new"], len(choir.rows) - long["new"]]
        if counted and _pair(run["value"]) != due:
            return (
                f"{when} He was not added by you: {tuple(due)} is due, and import_guests returned "
                f"{run['value']}. Count what your own statements added."
            )
    return None


def _why_no_gap(gap: dict[str, Any]) -> str | None:
    when = "In a list of nine one row was None, an address that is missing."
    if gap["ended"] == "returned":
        return (
            f"{when} import_guests returned {gap['value']} as if it were a known guest, or nobody. "
            "Not every IntegrityError is a duplicate, and not every row without effect is one: "
            "this has to be an error."
        )
    if gap["ended"] != "raised":
        return f"{when} {why_interrupted(gap, 'import_guests')}"
    if gap["kept"]:
        return (
            f"{when} import_guests raised an error, and {gap['kept']} guests of the list stayed: "
            "all of it is one transaction."
        )
    return None


IMPORT = Exercise(
    id="ch02-ex2",
    title="Five hundred guests, some of them known",
    objectives=("savepoint", "commit"),
    answers=("import_guests",),
    promises={
        "counts": "how many were imported and how many skipped is right",
        "kept": "every new guest is kept, and nobody who was there is touched",
        "commit": "the whole list becomes true at one moment",
        "meanwhile": "a guest who signs up meanwhile is skipped like the others",
        "gap": "a row without an address is an error, and then nothing of the list stays",
        "returned": "the connection goes back",
    },
    hints=(
        "A duplicate must undo its own row, and nothing else. What can be undone alone, inside a "
        "transaction?",
        "Around each row: try, with session.begin_nested(): add and flush; except IntegrityError: "
        "is there such a guest now? Then count it as skipped, else raise. Around all rows: with "
        "NewSession.begin().",
        "With fewer statements: sqlalchemy.dialects.sqlite.insert(Guest) has "
        ".on_conflict_do_nothing() and .returning(Guest.id); what comes back are the rows that "
        "were added.",
    ),
    draw=draw_choir,
    observe=observe_import_guests,
    judge=judge_import_guests,
    elsewhere=Elsewhere(observe_import_guests, "where nobody else signs up", driver="psycopg"),
)
