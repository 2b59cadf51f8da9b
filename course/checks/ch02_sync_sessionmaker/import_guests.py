"""ch02-ex2: an import with savepoints."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import select

from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Star
from course.checks.ch02_sync_sessionmaker.choir import Choir, draw_choir
from course.checks.ch02_sync_sessionmaker.watched import (
    NEVER,
    Sql,
    WatchedDatabase,
    why_interrupted,
)
from lantern.theatre import Guest

RIVAL = 9000  # the id of who signs up at the website meanwhile
GAPS = {
    "gap": "In a list of {} rows one was None",
    "gap in front": "In a list of {} rows the first one was None",
    "gap at the end": "In a list of {} rows the last one was None",
    "gap alone": "The list had {} row, None",
}
WHAT_HELD = ("an import that failed", "a list without a row")
FEW = 25  # statements for 500 rows; a list in batches stays below


async def observe_import_guests(choir: Choir, import_guests: Any, url: str = "") -> dict[str, Any]:
    """Import lists of several kinds; then one each time that a guest of it signs up himself.

    He comes with a connection of his own, in the last moment in which he can write.
    """
    imported = partial(_imported, choir, import_guests, url)
    long = imported(choir.rows)
    if long["ended"] not in ("returned", "raised"):
        return {"long": long}  # what does not end need not be waited for again
    short = imported(choir.short)
    meanwhile = {}
    for email in sorted(choir.new(choir.short)):
        # Which rows are in his way on a PostgreSQL depends on who he is.
        tried = imported(choir.short, _signs_up(email), NEVER) if url else short
        early = [number for number, changes in tried["moments"] if not changes]
        for moment in early[-1:]:
            meanwhile[email] = imported(choir.short, _signs_up(email), moment)
    return {
        "long": long,
        "empty": imported(()),
        "short": short,
        **{name: imported(rows) for name, rows in choir.further().items()},
        "after": imported(choir.short, failed=choir.further()["gap"]),
        "meanwhile": meanwhile,
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
    failed: tuple[str | None, ...] = (),
) -> dict[str, Any]:
    """Import a list; before that one that may have `failed`, on the same database."""
    guests = (Guest(id=guest_id, email=email) for guest_id, email in choir.known.items())
    database = WatchedDatabase(guests, url)
    if failed:
        database.call(lambda: import_guests(database.Session, list(failed)))
    seen = database.call(lambda: import_guests(database.Session, list(rows)), rival, moment)
    found = database.read(select(Guest.id, Guest.email).order_by(Guest.id))
    database.close()
    new, known = choir.new(rows), [[*row] for row in sorted(choir.known.items())]
    return {
        **seen,
        "moments": seen["moments"] if len(rows) < len(choir.rows) else [],
        "rows": len(rows),
        "new": len(new),
        "kept": len(new & {email for _, email in found}),
        "missing": sorted(new - {email for _, email in found})[:1],
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
    kept = list(_judge_kept(choir, long))
    counts = list(_judge_counts(choir, seen))
    yield from kept
    yield from counts
    if not kept and not counts:
        yield from _judge_further(choir, seen)
    if long["changes"] > 1:
        yield Broken(
            "commit",
            f"One list was committed in {long['changes']} parts: slow, and when it stops in the "
            "middle, nobody knows how far it came. A savepoint undoes one row without ending the "
            "transaction.",
        )
    if message := _why_lost_meanwhile(choir, long, seen["meanwhile"]):
        yield Broken("meanwhile", message)
    for name, words in GAPS.items():
        if message := _why_no_gap(choir, seen[name], words):
            yield Broken("gap", message)
            break
    runs = [run for run in seen.values() if isinstance(run, dict) and "held" in run]
    if held := max(run["held"] for run in (*runs, *seen["meanwhile"].values())):
        after = "the import" if long["held"] else WHAT_HELD[bool(seen["empty"]["held"])]
        if not any(seen[name]["held"] for name in ("long", "empty", *GAPS)):
            after = "an import of another list"
        yield Broken(
            "returned",
            f"After {after} pool.checkedout() is {held}: what took a connection still holds it.",
        )
    if long["statements"] <= FEW:
        yield Star(
            f"{long['statements']} statement{'s' * (long['statements'] > 1)} for "
            f"{len(choir.rows)} rows, as SQLAlchemy counts them: no row was sent by itself."
        )


def _why_nothing_stayed(long: dict[str, Any], reason: str | None) -> str | None:
    """Say what ended the import, or that nothing was committed; None if neither is so."""
    if reason and "IntegrityError" in reason and not long["kept"]:
        outside = " There was a savepoint: the error has to leave its block; catch it outside."
        return (
            f"One refused row ended it all: {reason}{outside * bool(long['savepoints'])} "
            f"{long['kept']} of {long['new']} new guests were kept."
        )
    if not reason and not long["changes"] and not long["kept"]:
        return (
            "Nothing was committed, so nothing of the list stayed. Nothing was added, or nobody "
            "asked for a commit, or a rollback came before it, or a flush failed and its error was "
            "caught: one flush for the whole list fails as a whole, and the end of "
            "`with ….begin()` then has nothing left to commit, and says nothing."
        )
    return reason


def _judge_kept(choir: Choir, long: dict[str, Any]) -> Iterator[Broken]:
    kept, new, missing = long["kept"], long["new"], long["missing"]
    if not long["untouched"]:
        yield Broken(
            "kept",
            "Guests who were there before are not all there as they were, with id and address, and "
            "their orders point to these ids: skip them, do not replace them.",
        )
    elif long["strangers"]:
        yield Broken(
            "kept",
            f"{kept} of {new} new guests were kept as they stand on the list. There is a guest "
            f"{long['strangers'][0]!r} now, and the list has nobody of exactly this address.",
        )
    elif new - len(choir.alike) <= kept < new and missing[0] in choir.alike:
        yield Broken(
            "kept",
            f"{kept} of {new} new guests were kept; {missing[0]!r} is not there. No other guest "
            "has exactly this address: it is kept, and compared, as it is written.",
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
        yield Broken("counts", _why_no_pair(str(long["value"])))
    elif pair != due:
        yield Broken(
            "counts",
            f"The list has {due[0]} new guests and {due[1]} rows of guests known by then; "
            f"import_guests returned {long['value']}.",
        )
    elif _pair(empty["value"]) != [0, 0]:
        told = why_interrupted(empty, "import_guests") or f"It returned {empty['value']}."
        if "syntax error" in told:
            told += (
                " SQLAlchemy's `insert`, given `[]`, is sent with a row of defaults; SQL that is "
                "put together by hand has no rows to name."
            )
        yield Broken("counts", f"A list without a row adds nobody and skips nobody: (0, 0). {told}")


def _judge_further(choir: Choir, seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge shorter lists, once the long one is imported and counted as is due."""
    failed = seen["gap"]["ended"] == "raised" and not seen["gap"]["kept"]
    lists = {
        "short": f"Of a list of {len(choir.short)} rows",
        "one": "Of a list of one row, a new guest,",
        "known": f"Of a list of {len(choir.further()['known'])} rows, all of guests who are known,",
        "after": f"After a list that failed, since one row was None, of {len(choir.short)} rows",
    }
    for name in list(lists)[: 3 + failed]:
        run, when = seen[name], lists[name]
        rows = choir.further().get(name, choir.short)
        due = (run["new"], len(rows) - run["new"])
        if reason := why_interrupted(run, "import_guests"):
            yield Broken("kept", f"{when} {due[0]} were to be added and {due[1]} skipped. {reason}")
        elif run["kept"] < run["new"]:
            yield Broken(
                "kept", f"{when} {run['kept']} new guests were kept, and {due[0]} are due."
            )
        elif _pair(run["value"]) != [*due]:
            yield Broken("counts", f"{when} {due} is due; import_guests returned {run['value']}.")


def _why_no_pair(value: str) -> str:
    if re.fullmatch(r"[(\[]-?\d+, -?\d+[)\]]", value):
        return (
            f"import_guests returned {value}, and neither number can be less than 0. The "
            "`rowcount` of an INSERT is -1 where SQLAlchemy keeps none, as over psycopg: count "
            "the rows that RETURNING gives."
        )
    return f"Return (added, skipped), two numbers; this was {value!r}."


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
            looked = " What is looked up before that moment is old by then."
            looked = looked if long["selects"] else ""
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


def _why_no_gap(choir: Choir, gap: dict[str, Any], words: str) -> str | None:
    when = f"{words.format(gap['rows'])}, an address that is missing."
    if gap["ended"] == "returned":
        return (
            f"{when} import_guests returned {gap['value']} as if it were a known guest, or nobody. "
            "Not every IntegrityError is a duplicate, and not every row without effect is one: "
            "this has to be an error."
        )
    if gap["ended"] != "raised":
        return f"{when} {why_interrupted(gap, 'import_guests')}"
    if (stayed := gap["table"] - len(choir.known)) > 0:
        guests = "guest" if stayed == 1 else "guests"
        return (
            f"{when} import_guests raised an error, and {stayed} {guests} of the list stayed: "
            "all of it belongs in one transaction."
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
    elsewhere=Elsewhere(
        observe_import_guests,
        "also where a guest signs up between two statements",
        driver="psycopg",
    ),
)
