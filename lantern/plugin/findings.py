"""What the plugin can find, and a finding as plain data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

LAST_FAILURE = "lantern/failure"  # in pytest's cache; `explain --last` reads it
# Where The Lantern is read, set when a run begins; else its pages are named as the book has them.
site = ""


class Place(NamedTuple):
    """A line of the project under test; `in_tests` where it belongs to a test or to conftest.py."""

    file: str
    line: int
    function: str
    in_tests: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


@dataclass(frozen=True)
class Kind:
    """A kind of finding: what is said above its findings, and what helps.

    `card` is where The Lantern says what it is and links to the cell that shows it: on a `page`.
    """

    name: str
    title: str
    cure: str
    page: str
    card: str

    @property
    def address(self) -> str:
        """The address of its card; one within the book where nobody has told where that is."""
        return f"{site.rstrip('/')}/book/{self.page}.html#{self.card}".lstrip("/")

    @property
    def help(self) -> str:
        """What helps, and where to read on."""
        return f"{self.cure} It happens step by step in The Lantern: {self.address}"


LEFT = "connection-left"
LATE = "commit-after-answer"
LOST = "lost-write"
MANY = "n-plus-one"
TWO = "two-connections"
FROZEN = "loop-frozen"
SHARED = "shared-session"
CLOSED = "closed-session"
IDLE = "idle-transaction"
HELD = "connection-held"
TASK = "task-left"
UNAWAITED = "never-awaited"
ENGINE = "engine-left"
IN_PLACE = "changed-in-place"
MIXED = "mixed-datetimes"

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            LEFT,
            "A connection that did not come back",
            "Open the session in a with block, or in a dependency that closes it after its yield.",
            "ch07_testing",
            "case-a-timeouterror-of-the-pool-in-a-test-that-takes-one-connection",
        ),
        Kind(
            LATE,
            "A COMMIT after the answer had begun",
            "Commit before the endpoint returns, or take a dependency with scope='function', which"
            " FastAPI has from 0.121 on: a COMMIT that fails now can no longer change the answer.",
            "ch04_dependencies",
            "case-the-client-has-a-201-and-there-is-no-order",
        ),
        Kind(
            LOST,
            "Rows that were written, answered as a success, and rolled back",
            "Commit on the way out, or let the error reach the client.",
            "ch02_sync_sessionmaker",
            "heard-flush-saves-to-the-database",
        ),
        Kind(
            MANY,
            "One statement a row: the same loaded for one object after another (N+1)",
            "Load it where the rows are selected.",
            "ch05_pitfalls",
            "case-a-page-is-right-quick-in-the-tests-and-slower-with-each-month",
        ),
        Kind(
            TWO,
            "A second connection, taken while the first was held",
            "Hand the first session on. As many requests at once as the pool has connections,"
            " and each waits for another one's.",
            "ch04_dependencies",
            "case-queuepool-limit-reached-each-request-with-two-connections-none-with-an-answer",
        ),
        Kind(
            FROZEN,
            "The event loop, frozen",
            "Make the endpoint a plain def, await an async call, or hand the work to a thread.",
            "ch01_event_loop",
            "case-one-slow-page-and-every-other-page-stands-still-with-it",
        ),
        Kind(
            SHARED,
            "One connection in two tasks, or threads, at once",
            "Give each of them a session of its own, bound to the engine: two sessions on one"
            " connection are in each other's way as well.",
            "ch03_async_sessionmaker",
            "case-concurrent-operations-are-not-permitted-after-a-restart-only",
        ),
        Kind(
            CLOSED,
            "A session used after its close",
            "Open a session where the work is done; a closed one takes a new connection in silence,"
            " and keeps it until it is closed once more.",
            "ch02_sync_sessionmaker",
            "heard-a-closed-session-cannot-be-used-any-more",
        ),
        Kind(
            IDLE,
            "A transaction, idle while something else was waited for",
            "Commit, or close the session, before the wait: it holds a connection and the locks"
            " of its rows, and nobody else gets them.",
            "ch09_postgresql",
            "case-the-pool-runs-dry-and-the-database-has-nothing-to-do",
        ),
        Kind(
            HELD,
            "A connection, held after its last query, when the answer had begun",
            "Read what is needed and close the session before the answer begins: with"
            " scope='function', or in a with block of the endpoint; give a background task a"
            " session of its own.",
            "ch04_dependencies",
            "case-queuepool-limit-reached-while-streams-are-open-that-never-query",
        ),
        Kind(
            TASK,
            "A task that nobody keeps, still running when its test had ended",
            "Await it, or begin it in a TaskGroup; or keep it in a set until it is done, and await"
            " what is left when the app shuts down. The loop holds a waiting task only weakly.",
            "ch01_event_loop",
            "case-a-task-that-was-started-never-said-that-it-had-failed",
        ),
        Kind(
            UNAWAITED,
            "A coroutine that nobody awaited",
            "Await it: a call of an async function runs nothing.",
            "ch01_event_loop",
            "error-runtimewarning-coroutine-seat-a-guest-was-never-awaited",
        ),
        Kind(
            ENGINE,
            "An engine that was not disposed",
            "Make one engine for the process, and dispose of it after the yield of the lifespan:"
            " an async one by await engine.dispose().",
            "ch05_pitfalls",
            "case-a-thread-or-a-connection-at-the-server-more-each-day",
        ),
        Kind(
            IN_PLACE,
            "JSON that was changed in place, and not stored",
            "Assign a new value, call flag_modified(object, name), or map the column with"
            " MutableDict.as_mutable(JSON): of a change inside a value the session knows nothing.",
            "ch05_pitfalls",
            "case-a-change-in-a-json-column-is-gone-with-the-next-request",
        ),
        Kind(
            MIXED,
            "Datetimes of one attribute, with a time zone here and without one there",
            "Take aware values and DateTime(timezone=True), or naive ones everywhere; on SQLite,"
            " which drops the zone, a TypeDecorator puts UTC back.",
            "ch05_pitfalls",
            "case-times-are-some-hours-off-on-another-day-or-in-the-wrong-order",
        ),
    )
}


@dataclass(frozen=True)
class Finding:
    """One thing that was seen: `reading` has what it was seen by, a line each.

    `times` counts how often the same was seen at this place; `test` and `reading` are of the first.
    `picture` is the HTML of the request's life, for the report, which has its style.
    """

    kind: str
    message: str
    place: Place | None
    test: str = ""
    route: str = ""
    reading: tuple[str, ...] = ()
    times: int = 1
    picture: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What is the same in the next run, also when lines have moved."""
        file, function = (self.place.file, self.place.function) if self.place else ("", "")
        return (self.kind, file, function, self.route)


def plain(finding: Finding) -> dict[str, Any]:
    """Return a finding as what JSON can hold."""
    return {**vars(finding), "place": finding.place and list(finding.place)}


def from_plain(data: dict[str, Any]) -> Finding:
    """Return the finding that `plain` was given."""
    place = Place(*data["place"]) if data["place"] else None
    return Finding(**{**data, "place": place, "reading": tuple(data["reading"])})


class Findings:
    """Findings in the order of their first appearance; what is seen again is counted."""

    def __init__(self) -> None:
        self._found: dict[tuple[Any, ...], Finding] = {}
        self.known = 0  # findings that a baseline has left out

    def add(self, finding: Finding) -> None:
        """Add a finding, or count it where the same was seen at the same line."""
        key = (*finding.key, finding.place, None if finding.place else finding.test)
        known = self._found.get(key)
        self._found[key] = replace(known, times=known.times + finding.times) if known else finding

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._found.values())

    def __len__(self) -> int:
        return len(self._found)

    def by_kind(self) -> Iterator[tuple[Kind, list[Finding]]]:
        """Yield each kind of which there are findings."""
        for name, kind in KINDS.items():
            if mine := [finding for finding in self if finding.kind == name]:
                yield kind, mine

    def leave_out(self, keys: Iterable[tuple[str, ...]]) -> "Findings":
        """Return the findings whose keys are not among these, and how many were."""
        known, rest = {*keys}, Findings()
        for finding in self:
            if finding.key not in known:
                rest.add(finding)
        rest.known = len(self) - len(rest)
        return rest

    @property
    def nothing(self) -> str:
        """What is said in place of findings, "" where there are some."""
        if len(self):
            return ""
        return "Nothing new was found." if self.known else "Nothing was found."
