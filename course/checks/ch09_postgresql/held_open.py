"""ch09-ex4: who holds transactions open, by a snapshot of pg_stat_activity."""

import copy
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from course.checking.attempts import attempt_sync, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch09_postgresql.activity import (
    DATABASE,
    DAY,
    DISABLED,
    FAILED_IN,
    FASTPATH,
    SERVICE,
    Row,
    Snapshot,
    draw,
    holds,
)

CLOSE = 1.0  # seconds; an answer may round


async def observe(case: Snapshot, held_open: Any) -> dict[str, Any]:
    """Hand the answer the rows, and keep what it returns."""
    rows = copy.deepcopy(list(case.rows))
    outcome = attempt_sync(lambda: held_open(rows, DATABASE, case.now))
    if isinstance(outcome.value, dict):
        # A span of time is as good as its seconds.
        seconds = {
            name: age.total_seconds() if isinstance(age, timedelta) else age
            for name, age in outcome.value.items()
        }
        return {"outcome": outcome.as_dict() | {"value": _plain(seconds)}}
    return {"outcome": outcome.as_dict()}


def _plain(found: dict[Any, Any]) -> dict[str, Any]:
    return {
        str(name): float(age) if isinstance(age, int | float) else f"<{type(age).__name__}>"
        for name, age in found.items()
    }


def judge(case: Snapshot, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say whom the answer accuses wrongly, whom it misses, and where its times come from."""
    outcome = seen["outcome"]
    found = outcome["value"]
    if reason := interruption(outcome, "held_open"):
        yield Nothing(
            f"{reason} Rows of the server's own processes have no state and no database here, and "
            f"no time but `backend_start`; one that is {DISABLED!r} has no other time either; and "
            "a transaction that has failed has no `xact_start`."
        )
    elif not isinstance(found, dict):
        yield Nothing(f"It returned {found!r}. Return a dictionary: endpoint, and seconds.")
    else:
        yield from _judge_names(case, found)
        left_out = _left_out(case, found)
        for endpoint, age in case.held.items():
            if endpoint not in found or _is_close(found[endpoint], age):
                continue
            rows = _open_rows(case, endpoint)
            rests = [[row for row in rows if kind not in _kinds(row)] for kind in left_out]
            # Whoever leaves out a kind of rows has been told so.
            if any(_is_close(found[endpoint], _oldest(case, rest)) for rest in rests if rest):
                continue
            yield _judge_age(case, endpoint, found[endpoint])


def _left_out(case: Snapshot, found: dict[str, Any]) -> set[str]:
    """Return the kinds of rows of which an endpoint was missed that has no others."""
    missed = [_open_rows(case, name) for name in case.held if name not in found]
    return {kind for rows in missed for kind in set.intersection(*map(_kinds, rows))}


def _kinds(row: Row) -> set[str]:
    return {row["state"], "by comment" if row["application_name"] == SERVICE else "by name"}


def _judge_names(case: Snapshot, found: dict[str, Any]) -> Iterator[Finding]:
    known = {*case.held, *case.elsewhere, *case.why}
    # A name that is none hides an endpoint, which is then not missed by another mistake.
    strangers = [name for name in found if name not in known]
    if strangers:
        yield Broken(
            "whose",
            f"{strangers[0]!r} is no endpoint. It stands in a comment at the beginning of the "
            "statement, `/* POST /orders */`; where there is none, in `application_name`.",
        )
    for endpoint in found:
        if endpoint in case.elsewhere:
            yield Broken(
                "here",
                f"{endpoint} is told, and all it has open is in other databases than {DATABASE!r}. "
                f"`pg_stat_activity` shows those of the whole server, here {_databases(case)}.",
            )
        elif state := case.why.get(endpoint):
            yield Broken("idle", f"{endpoint} is told, and its state is {state!r}. {WHY[state]}")
    missed = [endpoint for endpoint in case.held if endpoint not in found]
    if missed and not strangers:
        yield _judge_missed(case, missed)


def _judge_missed(case: Snapshot, missed: list[str]) -> Finding:
    rows = [row for name in missed for row in _open_rows(case, name)]
    about = f"{missed[0]} is not told, and it holds a transaction open"
    if all(row["state"] == FAILED_IN for row in rows):
        return Broken("idle", f"{about}: its state is {FAILED_IN!r}. {OF_FAILED}")
    if len({row["application_name"] == SERVICE for row in rows}) == 1:
        where = "a comment" if rows[0]["application_name"] == SERVICE else "`application_name`"
        return Broken("whose", f"{about}; {where} names it.")
    return Broken("idle", f"{about}: its state is {rows[0]['state']!r}.")


WHY = {
    "active": "The server is at work for it, however long: a slow statement is another matter.",
    "idle": "No transaction is open there, as where a connection lies in a pool.",
    FASTPATH: "The server is at work for it: it calls a function.",
    DISABLED: "`track_activities` is off there, and the server tells neither a transaction nor "
    "since when.",
}
OF_FAILED = "A statement in it has failed; until somebody rolls it back, it holds its connection."


def _judge_age(case: Snapshot, endpoint: str, told: Any) -> Finding:
    """Say where a wrong time comes from, as far as it can be seen."""
    age = case.held[endpoint]
    about = f"{endpoint}: it told {told!r} seconds, and {age} were due."
    every = [row for row in case.rows if _endpoint(row) == endpoint]
    elsewhere = [row for row in every if row["datname"] != DATABASE]
    mine = _rows_of(case, endpoint)
    if any(_is_close(told, _due(case, row)) for row in elsewhere):
        return Broken("here", f"{about} That is a transaction of another database.")
    if any(_is_close(told, _age(case, row, "xact_start")) for row in mine if not holds(row)):
        return Broken(
            "idle", f"{about} That is a transaction of it that is at work. {WHY['active']}"
        )
    spans = [_due(case, row) for row in _open_rows(case, endpoint)]
    if any(_is_close(told, span) for span in spans):
        return Broken("longest", f"{about} It has several open, and that is not the oldest.")
    if _is_close(told, age % DAY):
        return Broken(
            "since",
            f"{about} That is what is left of it without its days: `timedelta.seconds` has no "
            "days in it, `total_seconds()` has all.",
        )
    for column, words in NOT_SINCE.items():
        if any(_is_close(told, _age(case, row, column)) for row in every):
            return Broken("since", f"{about} That is since `{column}`, {words}.")
    if _is_close(told, sum(spans)):
        return Broken("longest", f"{about} That is the sum; they are open at the same time.")
    if _is_close(told, sum(spans) / len(spans)):
        return Broken("longest", f"{about} That is the mean; the oldest is what hurts.")
    return Broken("since", f"{about} No transaction of it began so long ago.")


NOT_SINCE = {
    "state_change": "when it fell idle; the transaction began before its last statement",
    "query_start": "when its last statement began; the transaction may have had others before",
    "backend_start": "when the connection was opened",
}


def _databases(case: Snapshot) -> str:
    return ", ".join(sorted({repr(row["datname"]) for row in case.rows if row["datname"]}))


def _rows_of(case: Snapshot, endpoint: str) -> list[Row]:
    return [r for r in case.rows if _endpoint(r) == endpoint and r["datname"] == DATABASE]


def _open_rows(case: Snapshot, endpoint: str) -> list[Row]:
    return [row for row in _rows_of(case, endpoint) if holds(row)]


def _endpoint(row: Row) -> str:
    if row["query"].startswith("/* "):
        return str(row["query"][3:].partition(" */")[0])
    return str(row["application_name"])


def _due(case: Snapshot, row: Row) -> float:
    return _age(case, row, "state_change" if row["state"] == FAILED_IN else "xact_start")


def _oldest(case: Snapshot, rows: list[Row]) -> float:
    return max(_due(case, row) for row in rows)


def _age(case: Snapshot, row: Row, column: str) -> float:
    began = row[column]
    return (case.now - began).total_seconds() if began else -1.0


def _is_close(told: Any, seconds: float) -> bool:
    return isinstance(told, int | float) and abs(told - seconds) <= CLOSE


HELD_OPEN = Exercise(
    id="ch09-ex4",
    title="Who holds it open?",
    objectives=("activity",),
    answers=("held_open",),
    promises={
        "idle": "told are transactions that are open while nobody works, failed ones too",
        "here": "told is this database alone",
        "whose": "each is told under the name of its endpoint",
        "since": "its time is that of the transaction, and of a failed one that of its failure",
        "longest": "of several, the time of the oldest is told",
    },
    hints=(
        "Which states mean that a transaction is open and that the server waits for its next "
        "statement? There are two of them.",
        "`xact_start` is when the transaction began; one that has failed has `state_change` only. "
        "The view shows all databases of the server, and processes of its own.",
        "A comment that names the endpoint stands at the very beginning; one in the middle of a "
        "statement may be anything.",
    ),
    draw=draw,
    observe=observe,
    judge=judge,
)
