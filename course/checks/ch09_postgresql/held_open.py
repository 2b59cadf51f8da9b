"""ch09-ex4: who holds transactions open, by a snapshot of pg_stat_activity."""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from course.checking.attempts import attempt_sync, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing

IDLE_IN, FAILED_IN = "idle in transaction", "idle in transaction (aborted)"
SERVICE = "box office"  # the application's name, where a comment names the endpoint
DATABASE = "lantern"
PATHS = (
    "orders", "seats", "holds", "guests", "shows", "tickets", "refunds", "programme", "posters",
    "lamps", "reports", "invoices", "letters", "prices", "halls", "tours",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT")
# Where the endpoint is named: in a comment, or in the name; LITERAL has what looks like a comment.
COMMENT, NAME, LITERAL = FORMS = ("comment", "name", "literal")
STATEMENTS = ("SELECT title FROM shows", "UPDATE seats SET held = true", "SELECT 1", "COMMIT")
WORKERS = ("autovacuum launcher", "checkpointer", "walwriter")
CLOSE = 1.0  # seconds; an answer may round

Row = dict[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """The rows as they came, the moment, and what each endpoint is there for."""

    rows: tuple[Row, ...]
    now: datetime
    held: dict[str, float]  # endpoint: seconds of its oldest transaction
    others: dict[str, float]  # the same of another database
    why: dict[str, str]  # endpoint that holds nothing: what it does


def draw(random: Random) -> Snapshot:
    """Draw a busy evening: each endpoint is in one way like those that are looked for."""
    now = datetime(2027, 3, 1, 20, random.randrange(60), random.randrange(60), tzinfo=UTC)
    evening = _Evening(random, now)
    held, others, why = {}, {}, {}
    states = (IDLE_IN, IDLE_IN, IDLE_IN, FAILED_IN, FAILED_IN)
    for state, form in zip(states, (*FORMS, COMMENT, NAME), strict=True):
        endpoint = evening.endpoint(form)
        held[endpoint] = max(evening.add(endpoint, state) for _ in range(random.choice((1, 3))))
    crowd = evening.endpoint(random.choice(FORMS))
    held[crowd] = max(evening.add(crowd, IDLE_IN) for _ in range(4))
    for endpoint in held:
        evening.add(endpoint, "active", is_old=True)
    evening.add(random.choice(sorted(held)), IDLE_IN, "rehearsal", is_old=True)
    elsewhere = evening.endpoint(random.choice(FORMS))
    others[elsewhere] = evening.add(elsewhere, IDLE_IN, "rehearsal", is_old=True)
    for state in ("active", "active", "idle", "idle"):
        endpoint = evening.endpoint(random.choice(FORMS))
        evening.add(endpoint, state, is_old=True)
        why[endpoint] = state
    rows = [*evening.rows, *(_of_the_server(now, name) for name in WORKERS)]
    random.shuffle(rows)
    while not _oldest_is_in_the_middle(rows, evening.rows_of[crowd]):
        random.shuffle(rows)
    return Snapshot(tuple(rows), now, held, others, why)


def _oldest_is_in_the_middle(rows: list[Row], mine: list[Row]) -> bool:
    order = [row for row in rows if row in mine and _holds(row) and row["datname"] == DATABASE]
    return min(order, key=lambda row: row["xact_start"]) in order[1:-1]


class _Evening:
    """Rows as they are added; no two of their times are near each other."""

    def __init__(self, random: Random, now: datetime) -> None:
        self.random, self.now = random, now
        self.rows: list[Row] = []
        self.rows_of: dict[str, list[Row]] = {}
        self.form_of: dict[str, str] = {}
        self.paths = random.sample(PATHS, len(PATHS))
        # A sum of two, three or four of these is none of them.
        self.young = random.sample(range(25, 1_825, 20), 90)
        self.old = random.sample(range(9_005, 10_805, 20), 90)

    def endpoint(self, form: str) -> str:
        """Return a new endpoint, which is named in this form in all of its rows."""
        endpoint = f"{self.random.choice(METHODS)} /{self.paths.pop()}"
        self.form_of[endpoint], self.rows_of[endpoint] = form, []
        return endpoint

    def add(
        self, endpoint: str, state: str, database: str = DATABASE, is_old: bool = False
    ) -> float:
        """Add a row, and return how many seconds are due for it, where any are."""
        ages = self.old if is_old else self.young
        transaction, statement, changed = sorted((ages.pop() for _ in range(3)), reverse=True)
        row = _row(self.random, endpoint, self.form_of[endpoint]) | {
            "datname": database,
            "state": state,
            "wait_event": None if state == "active" else "ClientRead",
            "backend_start": self.ago(20_010 + transaction),
            # Of a transaction that has failed the server tells no beginning.
            "xact_start": self.ago(transaction) if state in ("active", IDLE_IN) else None,
            "query_start": self.ago(statement),
            "state_change": self.ago(statement if state == "active" else changed),
        }
        self.rows.append(row)
        self.rows_of[endpoint].append(row)
        return float(changed if state == FAILED_IN else transaction)

    def ago(self, seconds: int) -> datetime:
        """Return the moment so many seconds ago."""
        return self.now - timedelta(seconds=seconds)


def _row(random: Random, endpoint: str, form: str) -> Row:
    """Return the part of a row that says whose it is."""
    query = random.choice(STATEMENTS)
    return {
        "pid": random.randrange(1_000, 30_000),
        "backend_type": "client backend",
        "application_name": SERVICE if form == COMMENT else endpoint,
        "query": {
            COMMENT: f"/* {endpoint} */ {query}",
            LITERAL: "SELECT id FROM letters WHERE body = '/* GET /old */'",
            NAME: query,
        }[form],
    }


def _of_the_server(now: datetime, kind: str) -> Row:
    """Return a row of a process of the server's own: most of it is empty."""
    return {
        "pid": 77, "datname": None, "application_name": "", "backend_type": kind, "state": None,
        "wait_event": "Main", "backend_start": now - timedelta(days=9), "xact_start": None,
        "query_start": None, "state_change": None, "query": "",
    }  # fmt: skip


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
            f"{reason} Rows of the server's own processes have no state, no times, no database, "
            "and a transaction that has failed has no `xact_start`."
        )
    elif not isinstance(found, dict):
        yield Nothing(f"It returned {found!r}. Return a dictionary: endpoint, and seconds.")
    else:
        yield from _judge_names(case, found)
        for endpoint, age in case.held.items():
            if endpoint in found and not _is_close(found[endpoint], age):
                yield _judge_age(case, endpoint, found[endpoint])


def _judge_names(case: Snapshot, found: dict[str, Any]) -> Iterator[Finding]:
    known = {*case.held, *case.others, *case.why}
    # A name that is none hides an endpoint, which is then not missed by another mistake.
    strangers = [name for name in found if name not in known]
    if strangers:
        yield Broken(
            "whose",
            f"{strangers[0]!r} is no endpoint. It stands in a comment at the beginning of the "
            "statement, `/* POST /orders */`; where there is none, in `application_name`.",
        )
    for endpoint in found:
        if endpoint in case.others:
            yield Broken(
                "here",
                f"{endpoint} is told, and all it has open is in another database than {DATABASE}. "
                "`pg_stat_activity` shows those of the whole server.",
            )
        elif state := case.why.get(endpoint):
            yield Broken("idle", f"{endpoint} is told, and its state is {state!r}. {WHY[state]}")
    missed = [endpoint for endpoint in case.held if endpoint not in found]
    if missed and not strangers:
        yield _judge_missed(case, missed)


def _judge_missed(case: Snapshot, missed: list[str]) -> Finding:
    rows = [row for name in missed for row in _rows_of(case, name) if _holds(row)]
    about = f"{missed[0]} is not told, and it holds a transaction open"
    if all(row["state"] == FAILED_IN for row in rows):
        return Broken("idle", f"{about}: its state is {FAILED_IN!r}. {OF_FAILED}")
    if len({row["application_name"] == SERVICE for row in rows}) == 1:
        where = "a comment" if rows[0]["application_name"] == SERVICE else "`application_name`"
        return Broken("whose", f"{about}; {where} names it.")
    return Broken("idle", f"{about}: its state is {rows[0]['state']!r}.")


WHY = {
    "active": "The server is at work for it, however long: a slow statement is another matter.",
    "idle": "No transaction is open there: it is a connection that lies in a pool.",
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
    if any(_is_close(told, _age(case, row, "xact_start")) for row in mine if not _holds(row)):
        return Broken(
            "idle", f"{about} That is a transaction of it that is at work. {WHY['active']}"
        )
    if any(_is_close(told, _due(case, row)) for row in mine if _holds(row)):
        return Broken("longest", f"{about} It has several open, and that is not the oldest.")
    for column, words in NOT_SINCE.items():
        if any(_is_close(told, _age(case, row, column)) for row in every):
            return Broken("since", f"{about} That is since `{column}`, {words}.")
    spans = [_due(case, row) for row in mine if _holds(row)]
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


def _rows_of(case: Snapshot, endpoint: str) -> list[Row]:
    return [r for r in case.rows if _endpoint(r) == endpoint and r["datname"] == DATABASE]


def _endpoint(row: Row) -> str:
    if row["query"].startswith("/* "):
        return str(row["query"][3:].partition(" */")[0])
    return str(row["application_name"])


def _holds(row: Row) -> bool:
    return row["state"] in (IDLE_IN, FAILED_IN)


def _due(case: Snapshot, row: Row) -> float:
    return _age(case, row, "state_change" if row["state"] == FAILED_IN else "xact_start")


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
