"""ch05-ex1: an engine on SQLite that keeps what a database is expected to keep."""

from collections.abc import Iterable, Iterator
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch05_pitfalls.used_engine import Box, draw_box, observe_lantern_engine

A_WAIT = 1_000  # ms; a writer's turn takes longer to come than what is below this
CURES = {
    "'autocommit' is an invalid keyword": (
        " Python's sqlite3 has it since 3.12, and with it still no BEGIN IMMEDIATE."
    ),
    "from within a transaction": (
        " A connection takes this PRAGMA only while it is in no transaction. Behind BEGIN it is in "
        "one, and with `autocommit=False` from the start."
    ),
    "cannot start a transaction within a transaction": (
        " BEGIN was sent twice: two listeners send it, or one of them stands on the class Engine, "
        "and so on every engine, once for each call, until Python is started anew."
    ),
}


def judge_lantern_engine(case: Box, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_engine(seen):
        yield Nothing(reason)
        return
    yield from _judge_keys(case, seen["keys"])
    yield from _judge_wal(seen)
    yield from _judge_undone(seen)
    yield from _judge_writers(case, seen)
    yield from _judge_readers(case, seen["readers"])
    yield from _judge_options(case, seen["options"])


def _why_no_engine(seen: dict[str, Any]) -> str | None:
    made = seen["made"]
    if reason := interruption(made, "lantern_engine"):
        return f"{reason}{_cure(reason)}"
    if made["value"] != "AsyncEngine":
        return f"lantern_engine returned a {made['value']}; an AsyncEngine is due."
    return _why_not(seen["first"], "The first connection of the engine")


def _why_not(outcome: dict[str, Any], what: str) -> str | None:
    """Say in a sentence why a part did not come to its end, or None if it did."""
    reason = interruption(outcome, what)
    return f"{reason}{_cure(reason)}" if reason else None


def _cure(reason: str) -> str:
    return next((cure for words, cure in CURES.items() if words in reason), "")


def _judge_keys(case: Box, outcome: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not(outcome, f"A pool of which {case.at_once} connections are in use"):
        yield Broken("keys", reason)
        return
    refused = outcome["saw"]
    order = f"An order for show {case.unknown}, which is none,"
    stored = [number for number, both in enumerate(refused, 1) if not all(both)]
    if not stored:
        return
    if not any(map(any, refused)):
        told = (
            f"{order} was stored, on each of {len(refused)} connections. SQLite checks foreign "
            "keys only on a connection that was told to. It ignores a PRAGMA whose name it does "
            "not know, and this one inside of a transaction, both without a word."
        )
    elif all(any(both) for both in refused):
        told = (
            f"{order} was refused in one kind of transaction and stored in the other: with the "
            "option `write`, and without. Both kinds are due, on every connection."
        )
    else:
        those = ", ".join(map(str, stored))
        told = (
            f"{order} was refused on some connections, and stored on number {those} of "
            f"{len(refused)} that were in use at once. The PRAGMA holds for the connection that "
            "got it: each new one of the pool needs it again."
        )
    yield Broken("keys", told)


def _judge_wal(seen: dict[str, Any]) -> Iterator[Broken]:
    for name, which in (("first", "the file"), ("new", "a file that had not been there")):
        if reason := _why_not(seen[name], f"The first connection, to {which},"):
            yield Broken("wal", reason)
            return
        if (journal := seen[name]["saw"]["journal"]) != "wal":
            yield Broken(
                "wal",
                f"When the engine had connected, the journal of {which} was {journal!r}; 'wal' is "
                "due. Without it a COMMIT waits for whoever reads, and fails when its timeout has "
                "ended. SQLite answers the PRAGMA with the mode that the file is in then, and "
                "raises nothing for one that it does not know.",
            )
            return


def _judge_undone(seen: dict[str, Any]) -> Iterator[Broken]:
    for name, what in (
        ("savepoints", "A session that begins with a savepoint and is rolled back"),
        ("tables", "create_all that is rolled back"),
    ):
        if reason := _why_not(seen[name], what):
            yield Broken("undone", reason)
            return
    left, tables = seen["savepoints"]["saw"], seen["tables"]["saw"]
    why = (
        "Python's sqlite3 begins a transaction before INSERT, UPDATE, DELETE and REPLACE, and "
        "before nothing else; with `isolation_level = None` before nothing at all."
    )
    if any(left.values()):
        which = " and ".join(f"{name} the option `write`" for name in left if left[name])
        yield Broken(
            "undone",
            f"A session {which} added a guest in a savepoint, as its first statement, and was "
            f"rolled back; the guest is in the table. {why} A savepoint outside of a transaction "
            "is one itself, and its end commits.",
        )
    elif tables:
        yield Broken(
            "undone",
            f"create_all was rolled back, and {len(tables)} tables are there, {tables[0]} among "
            f"them. {why}",
        )


def _judge_writers(case: Box, seen: dict[str, Any]) -> Iterator[Broken]:
    outcome, waits = seen["writers"], seen["first"]["saw"]["waits"]
    if reason := _why_not(outcome, "Two sessions with the option `write`"):
        yield Broken("writers", reason)
        return
    read, errors, left = (outcome["saw"][name] for name in ("read", "errors", "left"))
    due = case.sold[case.show] + 2
    if left == due:
        if waits < A_WAIT:
            yield Broken(
                "writers",
                f"A connection waits {waits} ms for a lock: unless the first of two writers is "
                "through by then, the second is told that the database is locked, in place of its "
                "turn. Python's sqlite3 waits 5 s by itself.",
            )
        return
    if read[1] is None:
        told = " and ".join(error for error in errors if error) or "no error came"
        yield Broken(
            "writers",
            f"Two sessions with the option `write` sold a ticket each, the second after the "
            f"first; {due} sold are due, and {left} are in the table: {told}.",
        )
        return
    both = (
        f"Two sessions with the option `write` read {read[0]} tickets sold, both before either of "
        "them wrote, and each sold one more."
    )
    if any(errors):
        (told, *_) = (error for error in errors if error)
        yield Broken(
            "writers",
            f"{both} One was told {told}: it could not write on what it had read, however long it "
            "would wait. BEGIN alone takes no lock. A session that will write takes the writer's "
            "place before it reads.",
        )
    else:
        yield Broken(
            "writers",
            f"{both} No error came, and {left} are in the table in place of {due}: an update was "
            "lost. A longer timeout changes nothing in that. A session that will write takes the "
            "writer's place before it reads.",
        )


def _judge_readers(case: Box, outcome: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not(outcome, "A session that reads beside one that writes"):
        yield Broken("readers", reason)
        return
    committed = case.sold[case.show]
    for name, error in outcome["saw"]["before"].items():
        if error:
            yield Broken(
                "readers",
                f"{name[0].upper()}{name[1:]} had read, and was still open. Then a session with "
                f"the option `write` could not write: {error}. Who reads has the writer's place, "
                "or, without WAL, keeps a COMMIT from its end.",
            )
            return
    for name, sold in outcome["saw"]["beside"].items():
        if sold is None:
            yield Broken(
                "readers",
                f"While a session with the option `write` had its transaction open, {name} could "
                "not read: the database is locked. Who reads needs no writer's place: does its "
                "BEGIN ask for it, or the writer's keep readers out?",
            )
            return
        if sold != committed:
            yield Broken(
                "readers",
                f"While a session with the option `write` had its transaction open, {name} read "
                f"{sold} tickets sold. Committed were to be {committed}: they share a transaction, "
                "or the write was committed by itself, without a BEGIN.",
            )
            return


def _judge_options(case: Box, outcome: dict[str, Any]) -> Iterator[Broken]:
    asked = (
        f"lantern_engine(path, pool_size={case.pool_size}, execution_options={{'logging_token': "
        f"'{case.token}'}}, connect_args={{'timeout': {case.timeout}, …}})"
    )
    if reason := _why_not(outcome, asked):
        yield Broken("options", reason)
        return
    size, timeouts, waits = (outcome["saw"][name] for name in ("size", "timeouts", "waits"))
    if size != case.pool_size:
        yield Broken("options", f"{asked} made an engine whose pool has size {size}.")
    elif outcome["saw"]["token"] != case.token:
        yield Broken(
            "options",
            f"{asked} made an engine whose logging_token is {outcome['saw']['token']!r}. Whatever "
            "option the caller has, create_async_engine gets it.",
        )
    elif not timeouts:
        yield Broken(
            "options",
            f"{asked} connected without these connect_args. Where the engine has some of its own, "
            "the caller's are to be joined with them.",
        )
    elif timeouts[0] != case.timeout:
        yield Broken(
            "options",
            f"{asked} connected with timeout={timeouts[0]}: what the caller asks for goes before "
            "what the engine would have.",
        )
    elif waits != case.timeout * 1_000:
        yield Broken(
            "options",
            f"{asked} connected with this timeout, and then the connection was told to wait "
            f"{waits} ms: `PRAGMA busy_timeout` is the same setting, and went over the caller's.",
        )
    for name, due in case.settings.items():
        if (came := outcome["saw"]["came"][name]) != due:
            yield Broken(
                "options",
                f"lantern_engine(path, {name}={due}, …) made an engine whose {name} is {came}. "
                "Whatever option the caller has, create_async_engine gets it as it is.",
            )
            return


LANTERN_ENGINE = Exercise(
    id="ch05-ex1",
    title="SQLite, repaired",
    objectives=("sqlite",),
    answers=("lantern_engine",),
    promises={
        "keys": "foreign keys are enforced on every connection of the pool",
        "wal": "the database is in WAL mode",
        "undone": "what is rolled back is gone, a savepoint that came first and new tables too",
        "writers": "of several sessions with the option write, none loses another's update",
        "readers": "a session without it reads while another one writes",
        "options": "the caller's options reach create_async_engine, its connect_args too",
    },
    hints=(
        "What a connection needs once, it gets from a listener to `connect` on "
        "`engine.sync_engine`: there is no transaction yet. What each transaction needs, comes "
        "from a listener to `begin`.",
        "On `connect`: `connection.isolation_level = None`, and the two PRAGMAs through a cursor. "
        "On `begin`: `connection.exec_driver_sql(…)` with BEGIN, or with BEGIN IMMEDIATE where "
        '`connection.get_execution_options().get("write")` says so.',
    ),
    draw=draw_box,
    observe=observe_lantern_engine,
    judge=judge_lantern_engine,
    own_connections=True,
)
