"""Run tasks so that their steps at the database come in a chosen order.

Nothing of the code under test is changed, and no clock is asked: for as long as an order is run,
the engine's dialect asks the conductor before each call of the driver, inside the greenlet, which
waits there for its turn, and tells it when the call has come back. Where a lock makes a step wait
in the server, the next one has its turn once the server says so.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Dialect
from sqlalchemy.util import await_only

from lantern.databases import Database, SQLite
from lantern.errors import first_line
from lantern.events import before_the_driver
from lantern.idle import Surroundings
from lantern.on_postgresql import PostgreSQL
from lantern.steps import (
    ALL,
    COMMIT,
    LETTERS,
    ROLLBACK,
    START,
    Order,
    Pending,
    Step,
    Transaction,
    given_by,
    kind_of,
)
from lantern.strands import AT_DRIVER, AT_TURN, AT_WORK, IN_LINE, Line, Strand, in_a_circle

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

Task = Callable[[], Awaitable[Any]]
# Gets the steps that can be taken next, by the letter of their task, and returns a letter; None
# gives the order up.
Choose = Callable[[dict[str, Pending]], str | None]

NEAR = 1.0  # seconds; a task that sleeps for less is waited for, as are threads that work
SETTLED = 20  # turns of the loop in which a task that can go on has gone on
MANY = 500  # turns of the loop; on a machine that is not busy they take a third of a second
MOST_STEPS = 400  # of one order: more are a loop that no other task ends
MOMENT = 0.002  # seconds in which most calls come back, before the server is asked who waits
KNOWN: dict[str, type[Database]] = {"sqlite": SQLite, "postgresql": PostgreSQL}


class Stuck(Exception):
    """A task waited for what no other task could give any more.

    Outside of the explorer it would wait for ever, or until a time-out ends it.
    """


class TooLong(Exception):
    """A task had not ended when an order had MOST_STEPS steps: it may go on for ever."""


@dataclass
class Settings:
    """What all orders of one exploration share.

    `in_memory`: the tasks may share more than the database, so that their first lines are a step,
    and no two steps can be exchanged.
    """

    engine: "AsyncEngine"
    database: Database
    in_memory: bool = False

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, engine: "AsyncEngine", in_memory: bool = False) -> AsyncIterator["Settings"]:
        """Ask an engine for what has to be known of it; at the end its connections are as ever."""
        database = KNOWN.get(engine.dialect.name, Database)(engine)
        await database.begin()
        try:
            yield cls(engine, database, in_memory)
        finally:
            await database.end()


_conducted: ContextVar["tuple[Conductor, int] | None"] = ContextVar("conducted", default=None)


class Conductor:
    """Runs one order of the steps of some tasks.

    Afterwards `met_in_memory` tells whether a task waited for another one outside the database.
    Unless `in_turn` is False, it raises OutOfTurn where the server did not serve who came first.
    """

    def __init__(self, settings: Settings, choose: Choose, in_turn: bool = True) -> None:
        self.settings = settings
        self.database = settings.database
        self.choose = choose
        self.met_in_memory = False
        self._clock_decided = False
        self._strands: dict[asyncio.Task[Any], Strand] = {}
        self._transactions: dict[Any, Transaction] = {}
        self._steps: list[Step] = []
        self._line = Line(in_turn)
        self._behind: dict[str, frozenset[str]] = {}
        self._processes: dict[Any, tuple[int, str]] = {}  # of connections, and whose they are
        self._schedule = ""
        self._happened = asyncio.Event()
        self._over = False

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the steps that were taken so far."""
        return tuple(self._steps)

    @property
    def is_left_to_server(self) -> bool:
        """Whether the server has decided by its clock how the order went on."""
        return self._clock_decided or not self._line.is_told

    async def run(self, tasks: Sequence[Task]) -> Order | None:
        """Run the tasks to their ends and return their order; None if it was given up."""
        self._surroundings = Surroundings()
        began = [asyncio.create_task(self._begin(n, task)) for n, task in enumerate(tasks)]
        self._letters = iter(LETTERS[len(tasks) :])
        for owner, task in enumerate(began):
            self._add(task, owner)
        with self._asked_by(self.settings.engine.dialect):
            try:
                unended = await self._conduct()
            finally:
                self._over = True
                for task in self._strands:
                    task.cancel()
                outcomes = await asyncio.gather(*began, return_exceptions=True)
                await asyncio.gather(*self._strands, return_exceptions=True)
        if unended is None:
            return None
        for owner, error in unended.items():
            outcomes[owner] = error
        left = self.is_left_to_server
        return Order(self.steps, tuple(outcomes), schedule=self._schedule, left_to_server=left)

    async def _begin(self, owner: int, task: Task) -> Any:
        _conducted.set((self, owner))
        if self.settings.in_memory:
            strand = self._current()
            assert strand
            await self._turn_of(strand, Pending(START, "", touch=ALL))
            self._went_on(strand)
        return await task()

    def _add(self, task: "asyncio.Task[Any]", owner: int) -> Strand:
        """Add a task; one that an explored task awaits, as SQLAlchemy's commit, goes by its letter.

        Two that take steps at once have a letter each.
        """
        apart = any(one.owner == owner and one.state != AT_WORK for one in self._alive())
        letter = next(self._letters) if apart else LETTERS[owner]
        strand = self._strands[task] = Strand(letter, owner)
        task.add_done_callback(lambda _: self._happened.set())
        return strand

    def _current(self) -> Strand | None:
        """Return the strand that runs; a task that an explored one started becomes one here."""
        conducted, task = _conducted.get(), asyncio.current_task()
        if not conducted or conducted[0] is not self or task is None or self._over:
            return None
        return self._strands.get(task) or self._add(task, conducted[1])

    async def _conduct(self) -> dict[int, Exception] | None:
        """Give turns until all tasks have ended; return who never would, None if it is given up."""
        while await self._until_nobody_moves():
            lined_up = {one.letter: one for one in self._alive() if one.state == AT_TURN}
            ready = {letter: one for letter, one in lined_up.items() if not self._has_to_wait(one)}
            if not lined_up:
                stuck = Stuck("it waited for what no other task could give any more")
                return {strand.owner: stuck for strand in self._alive()}
            if len(self._schedule) == MOST_STEPS:
                endless = TooLong(f"it had not ended after {MOST_STEPS} steps of all tasks")
                return {strand.owner: endless for strand in self._alive()}
            # Where all wait for a lock, one of them waits in vain, and is told so.
            able = ready or lined_up
            letter = self.choose({letter: self._line.with_it(one) for letter, one in able.items()})
            if letter is None:
                return None
            self._give_turn(able[letter], gives_up=not ready)
        return {}

    def _alive(self) -> list[Strand]:
        return [strand for task, strand in self._strands.items() if not task.done()]

    def _has_to_wait(self, strand: Strand) -> bool:
        taken = any(held.has_place for held in self._transactions.values())
        return strand.waits or (strand.pending.queues and taken)

    def _give_turn(self, strand: Strand, gives_up: bool) -> None:
        self._schedule += strand.letter
        strand.state, strand.gives_up = AT_DRIVER, gives_up
        self._line.ask_again()
        assert strand.turn
        strand.turn.set_result(None)

    async def _until_nobody_moves(self) -> bool:
        """Wait until each task stands at its turn or waits for another; False if all have ended."""
        turns, began = 0, time.perf_counter()
        while moving := [one for one in self._alive() if one.state not in (AT_TURN, IN_LINE)]:
            self._happened.clear()
            if at_driver := [one for one in moving if one.state == AT_DRIVER]:
                await self._comes_back(at_driver)
            else:
                await (asyncio.sleep(0) if turns < SETTLED else self._happens(0.0005))
            if at_driver or self._happened.is_set():
                turns, began = 0, time.perf_counter()
                continue
            turns += 1
            waited = time.perf_counter() - began
            # On a busy machine a thread may wait for a processor that long: so many turns later
            # it has had one.
            is_late = waited > 2 * NEAR and turns > MANY
            if turns > SETTLED and (self._is_idle() or is_late):
                self._note_who_waits(moving)
                break
        in_line = [one for one in self._alive() if one.state == IN_LINE]
        self._steps += self._line.settle(in_line, self._behind)
        return bool(self._alive())

    async def _happens(self, seconds: float | None) -> None:
        """Wait until something has happened, for so long at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._happened.wait()

    def _is_idle(self) -> bool:
        # Whose connection has taken a step, and takes none, gets nothing from it.
        sockets = frozenset(map(self.database.socket_of, self._processes))
        return self._surroundings.is_idle(NEAR, sockets)

    async def _comes_back(self, at_driver: list[Strand]) -> None:
        """Wait for the driver, or for the server's word that all these wait in line there."""
        if not self.database.has_line or not self._line.strands:
            await self._happens(MOMENT if self.database.has_line else None)
        if self._happened.is_set():
            return
        letters = dict(self._processes.values())
        waiting = await self.database.who_waits(letters)
        if self._happened.is_set():
            return
        if in_a_circle(waiting):  # the server will end one of them
            self._clock_decided |= not self.database.orders_deadlocks
        elif all(one.process in waiting and not one.held.ends_waits for one in at_driver):
            for one in at_driver:
                one.state = IN_LINE
                self._behind[one.letter] = frozenset(letters[p] for p in waiting[one.process])
            return
        await asyncio.sleep(MOMENT)

    def _note_who_waits(self, waiting: list[Strand]) -> None:
        """Who waits, and not for a task of its own, waits for another one in memory."""
        strands = [strand.owner for strand in self._alive()]
        self.met_in_memory |= any(strands.count(strand.owner) == 1 for strand in waiting)

    async def _turn_of(self, strand: Strand, pending: Pending) -> None:
        strand.pending, strand.state = pending, AT_TURN
        strand.turn = asyncio.get_running_loop().create_future()
        self._happened.set()
        await strand.turn

    def _went_on(self, strand: Strand) -> None:
        strand.state = AT_WORK
        self._line.ask_again()
        self._happened.set()

    def _asked_by(self, dialect: Dialect) -> AbstractContextManager[None]:
        """Let a dialect ask before each call of the driver."""
        calls: dict[str, Callable[..., Any]] = {
            "do_execute": self._execute,
            "do_executemany": self._execute,
            "do_execute_no_params": self._execute,
            "do_commit": partial(self._end, COMMIT),
            "do_rollback": partial(self._end, ROLLBACK),
            "do_close": self._close,
            "do_terminate": self._close,
            "do_ping": self._ping,
        }
        return before_the_driver(dialect, calls)

    def _execute(self, call: Any, cursor: Any, sql: str, *given: Any) -> None:
        values, context = ((), *given)[-2:]  # a statement may come without values
        connection = context.root_connection.connection.dbapi_connection
        execute = partial(call, cursor, sql, *given)
        self._take(execute, connection, kind_of(sql), sql, values, cursor)

    def _end(self, kind: str, call: Any, connection: Any) -> None:
        driver = getattr(connection, "dbapi_connection", connection)
        if not self._transactions.get(driver, Transaction()).is_open:
            call(connection)  # the pool asks for a ROLLBACK where nothing is open, too
            return
        self._take(partial(call, connection), driver, kind, kind.upper())

    def _ping(self, call: Any, connection: Any) -> Any:
        strand = self._current()
        if strand is None:
            return call(connection)
        strand.state, strand.process = AT_DRIVER, 0
        try:
            return call(connection)
        finally:
            self._went_on(strand)

    def _close(self, call: Any, connection: Any) -> None:
        self._transactions.pop(connection, None)
        self._processes.pop(connection, None)
        self._ended_a_transaction()
        call(connection)

    def _take(
        self,
        call: Callable[[], None],
        connection: Any,
        kind: str,
        sql: str,
        values: Any = (),
        cursor: Any = None,
    ) -> None:
        """Take one step: wait for the turn, call the driver, and note what came of it."""
        strand = self._current()
        if strand is None:
            call()
            return
        held = self._transactions.setdefault(connection, Transaction())
        self.database.meet(connection)
        if self.database.has_line:
            strand.process, strand.held = self.database.process_of(connection), held
            self._processes[connection] = strand.process, strand.letter
        while True:
            asked = self.database.pending(kind, sql, values, held, connection)
            pending = replace(asked, touch=ALL) if self.settings.in_memory else asked
            await_only(self._turn_of(strand, pending))
            was_open = held.is_open
            try:
                self.database.make_ready(connection, held, bool(self._line.strands))
                call()
            except Exception as error:
                waits = not strand.gives_up
                if waits and self.database.would_wait(error, kind, held, connection):
                    self._schedule = self._schedule[:-1]
                    strand.waits = True
                    continue
                gave = first_line(error)
                self._clock_decided |= self.database.ended_by_clock(error)
                if not self.database.refuses(error):
                    held.note(asked, self.database.is_open(connection, kind))
                    held.has_failed = held.is_open
                raise
            except BaseException:
                gave = "cancelled"
                raise
            else:
                gave = given_by(cursor, kind)
                held.note(asked, self.database.is_open(connection, kind))
                return
            finally:
                if not strand.waits:
                    step = Step(strand.letter, kind, sql, values, gave, held.is_open)
                    self._note_step(strand, step)
                self._went_on(strand)
                if was_open and not held.is_open:
                    self._ended_a_transaction()

    def _note_step(self, strand: Strand, step: Step) -> None:
        if strand.place:
            self._line.leave(strand, step)
        else:
            self._steps.append(step)

    def _ended_a_transaction(self) -> None:
        for strand in self._strands.values():
            strand.waits = False
