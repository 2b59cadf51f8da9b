"""A snapshot of pg_stat_activity as an evening leaves it: for ch09-ex4."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

IDLE_IN, FAILED_IN = "idle in transaction", "idle in transaction (aborted)"
FASTPATH, DISABLED = "fastpath function call", "disabled"
AT_WORK = ("active", FASTPATH)
SERVICE = "box office"  # the application's name, where a comment names the endpoint
DATABASE = "lantern"
OTHERS = ("rehearsal", "lantern_test", "old_lantern", "lan", "Lantern")  # no less databases
PATHS = (
    "orders", "seats", "holds", "guests", "shows", "tickets", "refunds", "programme", "posters",
    "lamps", "reports", "invoices", "letters", "prices", "halls", "tours", "stages", "curtains",
    "boxes", "gates", "bells",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT")
# Where the endpoint is named: in a comment, or in the name; LITERAL has what looks like a comment.
COMMENT, NAME, LITERAL = FORMS = ("comment", "name", "literal")
STATEMENTS = ("SELECT title FROM shows", "UPDATE seats SET held = true", "SELECT 1", "COMMIT")
WORKERS = ("autovacuum launcher", "checkpointer", "walwriter")
# In seconds. A sum of two, three or four of the ages is none of them; to one that is older or the
# oldest, so much is added that it is told where it is taken for one of the others.
AGES = range(25, 5_000, 20)
OLDER, OLDEST, DAY = 5_000, 10_000, 86_400

Row = dict[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """The rows as they came, the moment, and what each endpoint is there for."""

    rows: tuple[Row, ...]
    now: datetime
    held: dict[str, float]  # endpoint: seconds of its oldest transaction
    elsewhere: tuple[str, ...]  # endpoints that hold transactions in other databases alone
    why: dict[str, str]  # endpoint that holds nothing: what it does


def draw(random: Random) -> Snapshot:
    """Draw a busy evening: each endpoint is in one way like those that are looked for."""
    now = datetime(2027, 3, 1, 20, random.randrange(60), random.randrange(60), tzinfo=UTC)
    evening = _Evening(random, now)
    held, why = {}, {}
    states = (IDLE_IN, IDLE_IN, IDLE_IN, FAILED_IN, FAILED_IN)
    for state, form in zip(states, (*FORMS, COMMENT, NAME), strict=True):
        endpoint = evening.endpoint(form)
        held[endpoint] = max(evening.add(endpoint, state) for _ in range(random.choice((1, 3))))
    for state in (IDLE_IN, FAILED_IN):
        forgotten = evening.endpoint(random.choice(FORMS))
        held[forgotten] = evening.add(forgotten, state, age=random.randrange(1, 4) * DAY)
    young = evening.endpoint(COMMENT)
    evening.add(young, IDLE_IN)
    held[young] = random.randrange(1, 10) / 20
    begun = now - timedelta(seconds=held[young])
    evening.rows[-1] |= dict.fromkeys(("xact_start", "query_start", "state_change"), begun)
    # Of a crowd some name themselves in a comment, and some in the name.
    crowds = [evening.crowd(oldest) for oldest in (COMMENT, NAME)]
    held.update(dict(crowds))
    # One open and one failed transaction of the same endpoint: either is the older one, and comes
    # first.
    pairs = [evening.pair(older) for older in (IDLE_IN, IDLE_IN, FAILED_IN, FAILED_IN)]
    held.update(dict(pairs))
    for endpoint in held:
        evening.add(endpoint, "active", age=OLDEST)
    for database in OTHERS:
        evening.add(random.choice(sorted(held)), IDLE_IN, database, age=OLDEST)
    elsewhere = evening.endpoint(random.choice(FORMS))
    for database in OTHERS:
        evening.add(elsewhere, IDLE_IN, database)
    for state in ("active", "active", "idle", "idle", FASTPATH):
        endpoint = evening.endpoint(random.choice(FORMS))
        evening.add(endpoint, state, age=OLDEST)
        why[endpoint] = state
    unknown = evening.endpoint(NAME)
    evening.add(unknown, DISABLED)
    why[unknown] = DISABLED
    rows = [*evening.rows, *(_of_the_server(now, name) for name in WORKERS)]
    random.shuffle(rows)
    while not all(_oldest_is_in_the_middle(rows, evening.rows_of[one]) for one, _ in crowds):
        random.shuffle(rows)
    for number, (endpoint, _) in enumerate(pairs):
        _put_first(rows, evening.rows_of[endpoint], (IDLE_IN, FAILED_IN)[number % 2])
    return Snapshot(tuple(rows), now, held, (elsewhere,), why)


def _oldest_is_in_the_middle(rows: list[Row], mine: list[Row]) -> bool:
    order = [row for row in rows if row in mine and holds(row) and row["datname"] == DATABASE]
    return min(order, key=lambda row: row["xact_start"]) in order[1:-1]


def _put_first(rows: list[Row], mine: list[Row], state: str) -> None:
    """Let the row in this state come before the one in the other state."""
    places = [n for n, row in enumerate(rows) if row in mine and holds(row)]
    first, second = (n for n in places if rows[n]["datname"] == DATABASE)
    if rows[first]["state"] != state:
        rows[first], rows[second] = rows[second], rows[first]


def holds(row: Row) -> bool:
    """Tell whether a transaction is open there, and nobody works."""
    return row["state"] in (IDLE_IN, FAILED_IN)


class _Evening:
    """Rows as they are added; no two of their times are near each other."""

    def __init__(self, random: Random, now: datetime) -> None:
        self.random, self.now = random, now
        self.rows: list[Row] = []
        self.rows_of: dict[str, list[Row]] = {}
        self.form_of: dict[str, str] = {}
        self.paths = random.sample(PATHS, len(PATHS))
        self.ages = random.sample(AGES, len(AGES))

    def endpoint(self, form: str) -> str:
        """Return a new endpoint, which is named in this form in its rows."""
        endpoint = f"{self.random.choice(METHODS)} /{self.paths.pop()}"
        self.form_of[endpoint], self.rows_of[endpoint] = form, []
        return endpoint

    def crowd(self, oldest: str) -> tuple[str, float]:
        """Add four transactions of a new endpoint, the oldest named in this form."""
        endpoint = self.endpoint(oldest)
        due = self.add(endpoint, IDLE_IN, age=OLDER)
        for form in (COMMENT, NAME, LITERAL):
            self.form_of[endpoint] = form
            self.add(endpoint, IDLE_IN)
        return endpoint, due

    def pair(self, older: str) -> tuple[str, float]:
        """Add an open and a failed transaction of a new endpoint, and return it and what is due."""
        endpoint = self.endpoint(self.random.choice(FORMS))
        self.add(endpoint, FAILED_IN if older == IDLE_IN else IDLE_IN)
        return endpoint, self.add(endpoint, older, age=OLDER)

    def add(self, endpoint: str, state: str, database: str = DATABASE, age: int = 0) -> float:
        """Add a row that is so much older than usual; return how many seconds are due for it."""
        times = sorted((age + self.ages.pop() for _ in range(3)), reverse=True)
        transaction, statement, changed = times
        row = _row(self.random, endpoint, self.form_of[endpoint]) | {
            "datname": database,
            "state": state,
            "wait_event": None if state in AT_WORK else "ClientRead",
            "backend_start": self.ago(20_010 + transaction),
            # Of a transaction that has failed the server tells no beginning.
            "xact_start": self.ago(transaction) if state in (*AT_WORK, IDLE_IN) else None,
            "query_start": self.ago(statement),
            "state_change": self.ago(statement if state == "active" else changed),
        }
        if state == DISABLED:  # `track_activities` is off there: nothing is told
            row |= {"query": "", "query_start": None, "state_change": None}
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
            COMMENT: f"/* {endpoint} */ {query} /* page 2 */",
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
