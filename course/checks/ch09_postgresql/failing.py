"""A box office where attempts fail as over PostgreSQL's drivers, for ch09-ex3: it needs none."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import TimeoutError as PoolIsEmpty
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from course.checks.ch09_postgresql.failures import FAILURES, SALE, Failure, failed
from course.checks.ch09_postgresql.refusals import ASYNCPG
from course.checks.retries import BoxOffice, Call
from lantern.events import before_the_driver

# Where an attempt fails: in a statement, in its first one, in its COMMIT, or in a COMMIT that was
# done. What is no failure of the server's is raised by the work, or is its cancellation.
STATEMENT, AT_ONCE, COMMIT, DONE = "statement", "at once", "commit", "done"
RAISES, WAITS = "raises", "waits"


def _raised(what: str, typed: str) -> Exception:
    return {
        "value": ValueError(f"no seat {typed} (40001)"),
        "stale": StaleDataError("UPDATE statement on table 'shows' expected to update 1 row(s)"),
        "pool": PoolIsEmpty("QueuePool limit of size 5 overflow 10 reached"),
        "mail": ConnectionRefusedError("the mail server has no time"),
    }[what]


@dataclass(frozen=True)
class Fault:
    """What goes wrong in one attempt."""

    where: str
    what: str = ""
    driver: str = ""

    @property
    def name(self) -> str:
        """The code or the class of its error."""
        failure = failure_of(self)
        return failure.state if failure else type(_raised(self.what, "")).__name__

    @property
    def told(self) -> str:
        """What went wrong, in words."""
        if self.where == WAITS:
            return "the task was cancelled while the work waited"
        failure = failure_of(self)
        if failure is None:
            of = "sqlalchemy.exc." if self.what == "pool" else ""
            also = ", whose message has 40001 in it" if self.what == "value" else ""
            return f"the work raised a {of}{self.name}{also}"
        place = "a statement" if self.where == STATEMENT else "the COMMIT"
        over_asyncpg = self.driver == ASYNCPG and failure.unread
        said = failure.unread if over_asyncpg else f"{failure.message}, {failure.state}"
        return f"{place} failed over {self.driver} with *{said}*"


def failure_of(fault: Fault) -> Failure | None:
    """Return the failure of the server's, if it is one."""
    return FAILURES[fault.what] if fault.driver else None


class Office(BoxOffice):
    """A box office whose statements and COMMITs fail as over PostgreSQL's drivers."""

    def __init__(self, *given: Any) -> None:
        *shared, self.typed = given
        super().__init__(*shared)
        self.due: tuple[str, BaseException] | None = None

    async def happens(self, what: Fault | None, session: AsyncSession, call: Call) -> None:
        """Sell a place, and let that fail, or the COMMIT that comes after it."""
        if what and what.where == AT_ONCE:
            raise self.error(what)
        await self.order(session, call)
        if what is None:
            return
        if what.where == WAITS:
            await call.until_cancelled()
        elif what.where in (COMMIT, DONE):
            error = self.error(what)
            call.raised.append(error)
            self.due = (what.where, error)
        else:
            raise self.error(what)

    def error(self, fault: Fault) -> BaseException:
        """Return what is raised; a COMMIT has no statement."""
        failure = failure_of(fault)
        if failure is None:
            return _raised(fault.what, self.typed)
        at_commit = fault.where in (COMMIT, DONE)
        return failed(failure, fault.driver, None if at_commit else SALE, self.typed)

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """Let a COMMIT fail when it is due: taken back, or, for DONE, with the work done."""
        dialect = self.engine.dialect

        def committing(commit: Any, connection: Any) -> None:
            if self.due is None:
                commit(connection)
                return
            (where, error), self.due = self.due, None
            (commit if where == DONE else dialect.do_rollback)(connection)
            raise error

        try:
            with before_the_driver(dialect, {"do_commit": committing}):
                yield
        finally:
            self.due = None
