"""ch02-ex2: an import with savepoints."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from course.checking.attempts import attempt_sync
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Star
from course.checks.ch02_sync_sessionmaker.watched import (
    LONG,
    WatchedDatabase,
    before_insert,
    plainly,
    why_interrupted,
)
from lantern import count_sql
from lantern.theatre import (
    Guest,
)

STAFF = ("mara@lantern.example", "teo@lantern.example", "ines@lantern.example")
FRESH = tuple(f"guest{number}@lantern.example" for number in range(480))
MEANWHILE = FRESH[300]
# 500 rows: every 30th a guest for the second time, and three who were there before.
LIST = tuple(
    email
    for number, fresh in enumerate(FRESH)
    for email in ((fresh, FRESH[number - 20]) if number % 30 == 29 else (fresh,))
)
LIST = LIST[:100] + STAFF[:2] + LIST[100:400] + STAFF[2:] + LIST[400:] + (FRESH[479],)
SHORT_LIST = LIST[300:350]
SIGNS_UP = (f"INSERT OR IGNORE INTO guests (id, email) VALUES (9000, '{MEANWHILE}')",)
FEW = 25  # statements for 500 rows; a list in batches stays below


async def observe_import_guests(case: None, import_guests: Any) -> dict[str, Any]:
    """Import 500 rows with duplicates; then again while a guest signs up at the website."""
    return {
        "quiet": _imported(import_guests, LIST),
        "meanwhile": _imported(import_guests, SHORT_LIST, SIGNS_UP),
    }


def _imported(
    import_guests: Any, rows: tuple[str, ...], meanwhile: tuple[str, ...] = ()
) -> dict[str, Any]:
    watched = WatchedDatabase(capacity=1)
    with watched.open(), before_insert(watched.engine, "guests", meanwhile, MEANWHILE):
        with count_sql(watched.engine) as statements:
            outcome = attempt_sync(lambda: import_guests(watched.Session, list(rows)), LONG)
        held = watched.held
    watched.close_sessions()
    emails = [row[0] for row in watched.read(select(Guest.email).order_by(Guest.id))]
    # The row of who signs up is the website's; it goes or stays with the savepoint around it.
    new = set(rows) - set(STAFF) - ({MEANWHILE} if meanwhile else set())
    ids = [row[0] for row in watched.read(select(Guest.id).where(Guest.email.in_(STAFF)))]
    watched.engine.dispose()
    return {
        **plainly(outcome, watched.refusal),
        "pair": _pair(outcome.value),
        "commits": watched.commits,
        "asked": watched.asked,
        "savepoints": watched.savepoints,
        "held": held,
        "statements": len(statements),
        "selects": sum(s.lstrip().upper().startswith("SELECT") for s in statements),
        "new": len(new),
        "kept": len(new & set(emails)),
        "staff": sorted(ids) == [1, 2, 3],
    }


def _pair(value: Any) -> list[int] | None:
    if isinstance(value, tuple | list) and len(value) == 2:
        return [int(part) if isinstance(part, int) else -1 for part in value]
    return None


def judge_import_guests(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    quiet, meanwhile = seen["quiet"], seen["meanwhile"]
    reason = why_interrupted(quiet, "import_guests")
    if quiet["ended"] not in ("returned", "raised"):
        yield Nothing(str(reason))
        return
    if message := _why_nothing_stayed(quiet, reason):
        for promise in ("kept", "commit", "meanwhile", *(["counts"] if reason else [])):
            yield Broken(promise, message)
    yield from _judge_kept(quiet)
    new, old = len(FRESH), len(LIST) - len(FRESH)
    if quiet["pair"] is None:
        yield Broken(
            "counts", f"Return (added, skipped), two numbers; this was {quiet['value']!r}."
        )
    elif quiet["pair"] != [new, old]:
        yield Broken(
            "counts",
            f"The list has {new} new guests and {old} rows of guests known by then; import_guests "
            f"returned {tuple(quiet['pair'])}.",
        )
    if quiet["commits"] > 1:
        yield Broken(
            "commit",
            f"{quiet['commits']} COMMITs for one list: slow, and when it stops in the middle, "
            "nobody knows how far it came. A savepoint undoes one row without ending the "
            "transaction.",
        )
    if message := _why_lost_meanwhile(quiet, meanwhile):
        yield Broken("meanwhile", message)
    if quiet["held"] or meanwhile["held"]:
        yield Broken(
            "returned",
            "After the import pool.checkedout() is "
            f"{max(quiet['held'], meanwhile['held'])}: a session was never closed.",
        )
    if quiet["statements"] <= FEW:
        yield Star(
            f"{quiet['statements']} statement{'s' * (quiet['statements'] > 1)} for {len(LIST)} "
            "rows: no row costs one of its own."
        )


def _why_nothing_stayed(quiet: dict[str, Any], reason: str | None) -> str | None:
    """Say what ended the import, or that nobody asked for a COMMIT; None if neither is so."""
    if reason and "IntegrityError" in reason:
        outside = " The error came out of the inner block's end: catch it outside."
        return (
            f"One known guest ended it all: {reason}{outside * bool(quiet['savepoints'])} "
            f"{quiet['kept']} of {len(FRESH)} new guests were kept."
        )
    if not reason and not quiet["commits"] and not quiet["asked"]:
        return "No COMMIT was sent, so nothing of the list stayed."
    return reason


def _judge_kept(quiet: dict[str, Any]) -> Iterable[Broken]:
    kept, new = quiet["kept"], len(FRESH)
    if not quiet["staff"]:
        yield Broken(
            "kept",
            "Guests who were there before have another id now, and their orders point nowhere: "
            "skip them, do not replace them.",
        )
    elif kept == new:
        return
    elif kept == 0:
        yield Broken(
            "kept",
            f"0 of {new} new guests were kept. All rows failed together: is it one flush, or one "
            "commit, for the whole list?",
        )
    else:
        yield Broken(
            "kept",
            f"{kept} of {new} new guests were kept. session.rollback() takes back everything since "
            "the last commit, not the last row alone: give each risky row a savepoint.",
        )


def _why_lost_meanwhile(quiet: dict[str, Any], meanwhile: dict[str, Any]) -> str | None:
    reason = why_interrupted(meanwhile, "import_guests")
    selects = f"{quiet['selects']} SELECT{'s' * (quiet['selects'] > 1)}"
    looked = (
        f" {selects}, and still a race on a database with more than one writer: what was "
        "looked up can be old when the INSERT runs."
        if quiet["selects"]
        else ""
    )
    if reason:
        return f"While the list was read, a guest of it signed up at the website. {reason}{looked}"
    lost = meanwhile["new"] - meanwhile["kept"]
    if lost:
        return (
            f"While a list of {len(SHORT_LIST)} was read, a guest of it signed up at the website, "
            f"and of the others {lost} are not in the table.{looked}"
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
        "commit": "the whole list is one transaction",
        "meanwhile": "a guest who signs up meanwhile is skipped like the others",
        "returned": "the connection goes back",
    },
    hints=(
        "A duplicate must undo its own row, and nothing else. What can be undone alone, inside a "
        "transaction?",
        "Around each row: try, with session.begin_nested(): add and flush; except IntegrityError: "
        "count it as skipped. Around all rows: with Session.begin().",
        "With fewer statements: sqlalchemy.dialects.sqlite.insert(Guest) has "
        ".on_conflict_do_nothing(); how many it skipped, the number of guests before and after "
        "tells you.",
    ),
    observe=observe_import_guests,
    judge=judge_import_guests,
)
