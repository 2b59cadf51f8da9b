"""What must be the same on CPython and in the browser: each case returns what it saw, as JSON.

The file runs in both as it is (test_conformance.py); a case says in its name what it looks at.
Times are compared as orders and as more or less than a limit, never as numbers.
"""

import asyncio
import contextlib
import contextvars
import gc
import queue
import sqlite3
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from greenlet import GreenletExit, getcurrent, gettrace, greenlet, settrace
from pydantic import BaseModel, ConfigDict
from sqlalchemy import event, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker
from sqlalchemy.orm import sessionmaker
from sqlalchemy.util.concurrency import await_, greenlet_spawn

from course.checking.attempts import attempt, attempt_sync
from lantern import (
    bridge,
    client,
    count_sql,
    explore,
    first_line,
    heartbeat,
    is_missing_greenlet,
)
from lantern.theatre import (
    Guest,
    Order,
    Show,
    Ticket,
    audit,
    make_engine,
    make_factories,
    make_sync_engine,
    seed,
    temporary_database,
)

CASES = []


def case(function):
    """Add a function to the cases."""
    CASES.append(function)
    return function


@contextlib.asynccontextmanager
async def theatre(**options):
    """The seeded database and its engine, closed afterwards."""
    engine = make_engine(**options)
    await seed(engine, capacity=10)
    yield engine
    await engine.dispose()


async def error_of(awaitable):
    """The first line of what an awaitable raises."""
    try:
        return f"no error, but {await awaitable!r}"
    except Exception as error:
        return "MissingGreenlet" if is_missing_greenlet(error) else first_line(error)


def error_in(function, *args):
    """The first line of what a function raises."""
    try:
        return f"no error, but {function(*args)!r}"
    except Exception as error:
        return "MissingGreenlet" if is_missing_greenlet(error) else first_line(error)


async def seconds_of(awaitable):
    """How long it takes."""
    began = time.perf_counter()
    await awaitable
    return time.perf_counter() - began


@contextlib.asynccontextmanager
async def loop_watched():
    """A list that says, after the block, whether the loop turned several times in it."""
    turns, free = [], []

    async def turn():
        while True:
            await asyncio.sleep(0.01)
            turns.append(1)

    task = asyncio.create_task(turn())
    await asyncio.sleep(0)
    yield free
    task.cancel()
    free.append(len(turns) > 2)


class Crowd:
    """Counts how many are in at once; each stays until so many were, or for a few seconds."""

    def __init__(self, enough):
        self.enough, self.present, self.most = enough, 0, 0
        self.lock, self.full = threading.Lock(), threading.Event()

    def visit(self):
        """Come in, wait for the others, leave."""
        with self.lock:
            self.present += 1
            self.most = max(self.most, self.present)
            if self.present >= self.enough:
                self.full.set()
        self.full.wait(5)
        with self.lock:
            self.present -= 1


# --- greenlets


@case
async def a_greenlet_hands_values_back_and_forth():
    log = []

    def body(first):
        log.append(first)
        log.append(getcurrent().parent.switch("one"))
        return "end"

    child = greenlet(body)
    seen = [child.switch(1), child.switch(2)]
    return log, seen, child.dead, bool(child)


@case
async def switches_pack_arguments_as_values():
    parent = getcurrent()

    def body(*args, **kwargs):
        got = [args, kwargs]
        for _ in range(4):
            got.append(parent.switch())
        return got

    child = greenlet(body)
    child.switch(1, key=2)
    child.switch()
    child.switch(1, 2)
    child.switch(key=3)
    return child.switch(4, key=5)


@case
async def an_error_passes_from_a_greenlet_to_its_parent():
    def fails():
        raise KeyError("lamp")

    return error_in(greenlet(fails).switch)


@case
async def an_error_can_be_thrown_into_a_greenlet():
    def body():
        try:
            getcurrent().parent.switch()
        except ValueError as error:
            return f"caught {error}"

    child = greenlet(body)
    child.switch()
    return child.throw(ValueError("lamp"))


@case
async def an_error_that_passes_between_greenlets_keeps_its_context():
    def recovers_and_fails():
        with contextlib.suppress(KeyError):
            getcurrent().parent.switch()
        raise ValueError("lamp")

    child = greenlet(recovers_and_fails)
    child.switch()
    try:
        raise KeyError("lamp")
    except KeyError as error:
        try:
            child.throw(error)
        except ValueError as failed:
            return repr(failed.__context__)


@case
async def a_greenlet_that_is_told_to_exit_returns_the_exit():
    child = greenlet(lambda: getcurrent().parent.switch())
    child.switch()
    return type(child.throw(GreenletExit)).__name__, child.dead


@case
async def a_greenlet_has_context_variables_of_its_own_or_shares_them():
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("outer")

    def look_and_change():
        seen = variable.get()
        variable.set("inner")
        return seen

    own = greenlet(look_and_change).switch(), variable.get()
    sharing = greenlet(look_and_change)
    sharing.gr_context = getcurrent().gr_context
    return own, sharing.switch(), await greenlet_spawn(look_and_change), variable.get()


@case
async def a_trace_is_told_of_every_switch():
    told = []
    before = settrace(lambda how, between: told.append(how))

    def fails():
        getcurrent().parent.switch()
        raise KeyError

    child = greenlet(fails)
    child.switch()
    with contextlib.suppress(KeyError):
        child.switch()
    return told, settrace(before) is not None, gettrace() is before


@case
async def the_current_task_is_that_of_the_parent():
    task = asyncio.current_task()

    def inside():
        before = asyncio.current_task() is task
        await_(asyncio.sleep(0))
        return before, asyncio.current_task() is task, asyncio.get_running_loop().is_running()

    return await greenlet_spawn(inside), asyncio.current_task() is task


@case
async def greenlets_spawn_greenlets():
    def nested(depth):
        if depth:
            return 1 + await_(greenlet_spawn(nested, depth - 1))
        await_(asyncio.sleep(0))
        return 0

    return await greenlet_spawn(nested, 5)


@case
async def a_timeout_cancels_inside_a_greenlet():
    seen = []

    def waits():
        try:
            await_(asyncio.sleep(60))
        except BaseException as error:
            seen.append(type(error).__name__)
            raise

    async def in_time():
        async with asyncio.timeout(0.05):
            await greenlet_spawn(waits)

    return await error_of(in_time()), seen


@case
async def the_bridge_of_a_query_is_recorded():
    async with theatre() as engine, AsyncSession(engine) as session:
        await session.connection()
        with bridge(engine) as recording:
            await session.get(Show, 1)
    return [(move.kind, move.what) for move in recording.passes]


@case
async def two_hundred_greenlets_wait_at_once():
    def waits(number):
        await_(asyncio.sleep(0.01))
        return number

    done = await asyncio.gather(*(greenlet_spawn(waits, number) for number in range(200)))
    return done == list(range(200))


# --- the event loop


@case
async def tasks_start_in_order_and_end_by_their_times():
    log = []

    async def guest(name, seconds):
        log.append(f"{name} in")
        await asyncio.sleep(seconds)
        log.append(f"{name} out")

    await asyncio.gather(guest("a", 0.15), guest("b", 0.05), guest("c", 0.1))
    return log


@case
async def tasks_that_give_way_take_turns():
    log = []

    async def worker(number):
        for _ in range(3):
            log.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(worker(number) for number in range(4)))
    return log


@case
async def callbacks_that_are_due_together_run_by_their_times():
    log = []
    loop = asyncio.get_running_loop()
    for delay in (0.03, 0.01, 0.02):
        loop.call_later(delay, log.append, delay)
    loop.call_soon(time.sleep, 0.06)
    await asyncio.sleep(0.1)
    return log


@case
async def a_sleeping_thread_of_the_loop_holds_up_the_loop():
    async with heartbeat() as pulse:
        time.sleep(0.2)
    return pulse.longest_freeze > 0.15


@case
async def debug_mode_names_what_held_up_the_loop():
    import logging

    lines = []
    keep = lines.append
    logger, loop = logging.getLogger("asyncio"), asyncio.get_running_loop()
    logger.addFilter(watch := lambda record: keep(record.getMessage()))
    loop.set_debug(True)
    await asyncio.sleep(0)
    time.sleep(0.2)
    await asyncio.sleep(0)
    loop.set_debug(False)
    logger.removeFilter(watch)
    return any("Executing" in line and "took" in line for line in lines)


@case
async def run_in_a_running_loop_is_refused():
    coroutine = asyncio.sleep(0)
    told = error_in(asyncio.run, coroutine)
    coroutine.close()
    return told


@case
async def a_thread_may_run_a_loop_of_its_own():
    async def inside():
        await asyncio.sleep(0.01)
        return threading.current_thread() is not threading.main_thread()

    return await asyncio.to_thread(lambda: asyncio.run(inside()))


@case
async def a_group_cancels_the_others_when_one_fails():
    log = []

    async def waits():
        try:
            await asyncio.sleep(60)
        finally:
            log.append("finally")

    async def fails():
        raise KeyError("lamp")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(waits())
            group.create_task(fails())
    except* KeyError as errors:
        log.append(len(errors.exceptions))
    return log


@case
async def a_coroutine_nobody_awaits_warns():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.sleep(0)
        gc.collect()
    return [str(warning.message) for warning in caught]


@case
async def a_task_nobody_keeps_is_destroyed():
    told = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: told.append(context["message"]))

    async def wait_for_ever():
        await loop.create_future()

    async def forget():
        asyncio.create_task(wait_for_ever())
        await asyncio.sleep(0.01)

    await forget()
    gc.collect()
    loop.set_exception_handler(None)
    return told


@case
async def ten_thousand_tasks_wait_at_once():
    tasks = [asyncio.create_task(asyncio.sleep(0.1, number)) for number in range(10_000)]
    return sum(await asyncio.gather(*tasks))


# --- threads


@case
async def threads_wait_side_by_side():
    crowd = Crowd(3)
    threads = [threading.Thread(target=crowd.visit) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return crowd.most


@case
async def threads_wake_by_their_times():
    log = []

    def sleeper(seconds):
        time.sleep(seconds)
        log.append(seconds)

    await asyncio.gather(*(asyncio.to_thread(sleeper, s) for s in (0.5, 0.1, 0.3)))
    return log


@case
async def threads_have_names_numbers_and_values_of_their_own():
    local, go_on = threading.local(), threading.Event()
    local.value = "main"
    seen = []

    def look():
        seen.append(hasattr(local, "value"))
        local.value = threading.current_thread().name
        go_on.wait(5)
        seen.append(local.value)

    threads = [threading.Thread(target=look, name=name) for name in ("north", "south")]
    for thread in threads:
        thread.start()
    alive = {thread.name for thread in threading.enumerate()} >= {"north", "south"}
    go_on.set()
    for thread in threads:
        thread.join()
    idents = {thread.ident for thread in threads} | {threading.get_ident()}
    ended = not any(thread.is_alive() for thread in threads)
    return sorted(map(str, seen)), alive, len(idents), local.value, ended


@case
async def a_lock_lets_one_in_at_a_time():
    lock, log = threading.Lock(), []

    def enter(number):
        with lock:
            log.append((number, "in"))
            time.sleep(0.02)
            log.append((number, "out"))

    await asyncio.gather(*(asyncio.to_thread(enter, number) for number in range(3)))
    return [kind for _, kind in log], lock.locked()


@case
async def locks_and_events_give_up_in_time():
    lock, event = threading.Lock(), threading.Event()
    lock.acquire()
    waited = lock.acquire(timeout=0.05), lock.acquire(blocking=False), event.wait(0.05)
    lock.release()
    return waited, lock.acquire(timeout=0.05), error_in(threading.Lock().release)


@case
async def processor_time_is_what_python_computed():
    used = time.process_time()
    time.sleep(0.2)
    await asyncio.sleep(0.2)
    waited = time.process_time() - used < 0.2
    while time.process_time() - used < 0.3:
        pass
    return waited


@case
async def an_attempt_ends_when_nothing_can_come_and_not_while_a_thread_may_bring_it():
    async def what_nobody_brings():
        await asyncio.Event().wait()

    async with theatre() as engine, engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        idle = await attempt(what_nobody_brings, seconds=6)
        brought = await attempt(lambda: asyncio.to_thread(time.sleep, 0.3), seconds=6)
    return idle.value, brought.ended


@case
async def a_lock_may_be_taken_again_only_if_it_is_made_for_it():
    again, held = threading.RLock(), []
    with again, again:
        held.append(True)
        other = await asyncio.to_thread(again.acquire, False)
    return held, other


@case
async def a_queue_passes_things_between_threads():
    box, seen = queue.SimpleQueue(), []
    reader = threading.Thread(target=lambda: seen.extend(iter(box.get, None)))
    reader.start()
    for item in ("a", "b", None):
        box.put(item)
    reader.join()
    try:
        box.get(timeout=0.01)
    except queue.Empty:
        seen.append("empty")
    return seen


@case
async def an_executor_returns_results_and_errors():
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda number: number * 2, range(5)))
        failed = pool.submit(lambda: 1 / 0).exception()
    loop = asyncio.get_running_loop()
    return results, type(failed).__name__, await loop.run_in_executor(None, lambda: 42)


@case
async def context_variables_go_with_to_thread_only():
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("set")
    loop = asyncio.get_running_loop()
    return await asyncio.to_thread(variable.get), await loop.run_in_executor(None, variable.get)


@case
async def a_thread_has_no_running_loop():
    return await asyncio.to_thread(error_in, asyncio.get_running_loop)


@case
async def an_alarm_ends_what_never_waits():
    def computes():
        while True:
            pass

    async def computes_in_the_loop():
        computes()

    blocked = [attempt_sync(work, 0.2).ended for work in (computes, lambda: time.sleep(60))]
    lock = threading.Lock()
    lock.acquire()
    blocked.append(attempt_sync(lock.acquire, 0.2).ended)
    return blocked, (await attempt(computes_in_the_loop, 0.2)).ended


@case
async def an_alarm_leaves_alone_what_waits_for_the_loop():
    async def waits():
        for _ in range(10):
            await asyncio.sleep(0.05)
        return "done"

    return (await attempt(waits, 2.0)).value, (await attempt(lambda: asyncio.sleep(9), 0.2)).ended


# --- sessions


@case
async def rows_are_written_and_read():
    async with theatre() as engine, AsyncSession(engine) as session:
        session.add(Guest(email="new@lantern.example"))
        await session.commit()
        count = await session.scalar(select(func.count(Guest.id)))
    return count


@case
async def a_lazy_load_raises_missing_greenlet():
    async with theatre() as engine:
        sessions = async_sessionmaker(engine)
        async with sessions.begin() as session:
            session.add(Order(show_id=1, guest_id=1, total_cents=0, tickets=[Ticket()]))
        async with sessions() as session:
            order = await session.get_one(Order, 1)
            told = error_in(lambda: order.tickets)
        async with sessions() as session:
            order = await session.get_one(Order, 1)
            return told, await session.run_sync(lambda _: len(order.tickets))


@case
async def an_expired_attribute_raises_missing_greenlet_until_it_is_refreshed():
    async with theatre() as engine, AsyncSession(engine) as session:
        show = await session.get_one(Show, 1)
        await session.commit()
        told = error_in(lambda: show.title)
        await session.refresh(show)
        return told, show.title


@case
async def every_one_of_four_tasks_gets_missing_greenlet():
    async with theatre() as engine:

        async def worker():
            async with AsyncSession(engine) as session:
                told = []
                for _ in range(3):
                    show = await session.get_one(Show, 1)
                    session.expire(show)
                    told.append(error_in(lambda show=show: show.title))
                return told

        return await asyncio.gather(*(worker() for _ in range(4)))


@case
async def one_session_in_three_tasks_is_refused():
    async with theatre() as engine:
        await engine.dispose()
        async with AsyncSession(engine) as session:
            found = await asyncio.gather(
                *(session.get(Show, 1) for _ in range(3)), return_exceptions=True
            )
        return [type(one).__name__ for one in found]


@case
async def closing_a_session_that_connects_is_refused():
    async with theatre() as engine:
        await engine.dispose()
        session = AsyncSession(engine)
        task = asyncio.create_task(session.get(Show, 1))
        await asyncio.sleep(0)
        told = await error_of(session.close())
        await asyncio.wait([task])
        await session.close()
        return told


@case
async def a_broken_constraint_is_told():
    async with theatre() as engine, AsyncSession(engine) as session:
        session.add(Guest(email="mara@lantern.example"))
        return await error_of(session.commit())


@case
async def thirty_tasks_share_a_pool_of_three():
    async with theatre(pool_size=3, max_overflow=0) as engine:

        async def read(number):
            async with AsyncSession(engine) as session:
                return await session.scalar(text(f"SELECT {number}"))

        found = await asyncio.gather(*(read(number) for number in range(30)))
        return found == list(range(30)), engine.pool.status().split(":")[0]


@case
async def a_pool_gives_up_in_time():
    one = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.1}
    async with theatre(**one) as engine, engine.connect():
        return await error_of(engine.connect().start())


@case
async def a_sync_pool_gives_up_in_time_and_holds_up_the_loop():
    engine = make_sync_engine(pool_size=1, max_overflow=0, pool_timeout=0.2)
    with engine.connect():
        async with heartbeat() as pulse:
            told = error_in(engine.connect)
    return told, pulse.longest_freeze > 0.15


@case
async def an_explorer_finds_the_orders_that_break_and_no_others():
    async with theatre() as engine:
        read, write = make_factories(engine)

        async def before():
            async with write.begin() as session:
                (await session.get_one(Show, 1)).sold = 9

        async def looks_and_takes():
            async with read() as session:
                sold = (await session.get_one(Show, 1)).sold
            async with write.begin() as session:
                await session.execute(update(Show).where(Show.id == 1).values(sold=sold + 1))

        async def takes():
            async with read.begin() as session:
                show = await session.get_one(Show, 1)
                show.sold += 1

        async def is_told(outcomes):
            async with read() as session:
                sold = (await session.get_one(Show, 1)).sold
            assert sold == 9 + outcomes.count(None)

        lock = asyncio.Lock()

        async def in_turn():
            async with lock:
                await looks_and_takes()

        return [
            (found.verdict, found.in_memory, sorted(found.outcomes.items()), schedules)
            for task in (looks_and_takes, takes, in_turn)
            for found in [await explore(engine, task, task, before=before, invariant=is_told)]
            for schedules in [[order.schedule for order in found.broken]]
        ]


@case
async def ten_writers_wait_for_each_other():
    async with theatre() as engine:
        _, write = make_factories(engine)

        async def buy():
            async with write.begin() as session:
                show = await session.get_one(Show, 1)
                sold = show.sold
                await asyncio.sleep(0)
                show.sold = sold + 1

        await asyncio.gather(*(buy() for _ in range(10)))
        async with AsyncSession(engine) as session:
            return (await session.get_one(Show, 1)).sold


@case
async def a_database_stays_locked_until_the_busy_timeout():
    async with theatre() as engine, engine.connect() as first, engine.connect() as second:
        await second.exec_driver_sql("PRAGMA busy_timeout=300")
        await second.rollback()
        await first.exec_driver_sql("UPDATE shows SET sold = 1")
        began = time.perf_counter()
        async with loop_watched() as free:
            told = await error_of(second.exec_driver_sql("UPDATE shows SET sold = 2"))
        waited = time.perf_counter() - began
        await second.rollback()
        await first.rollback()
    return told, waited > 0.25, free


@case
async def a_stale_snapshot_is_refused_at_once():
    async with theatre() as engine:
        first, second = AsyncSession(engine), AsyncSession(engine)
        async with first, second:
            await first.get(Show, 1)
            await second.get(Show, 1)
            await first.execute(text("UPDATE shows SET sold = 1"))
            await first.commit()
            began = time.perf_counter()
            told = await error_of(second.execute(text("UPDATE shows SET sold = 2")))
    return told, time.perf_counter() - began < 4  # the busy timeout is 5 s


@case
async def a_lock_in_another_thread_is_waited_for_with_the_loop_free():
    file = temporary_database()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (n)")
    order, held = [], threading.Event()

    def hold():
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(0.3)
            order.append("released")
            connection.execute("COMMIT")

    def write():
        held.wait(5)
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("INSERT INTO t VALUES (1)")
            order.append("written")

    async with loop_watched() as free:
        await asyncio.gather(asyncio.to_thread(hold), asyncio.to_thread(write))
    return order, free


@case
async def queries_wait_side_by_side():
    crowd = Crowd(5)
    async with theatre(pool_size=5) as engine:
        event.listen(
            engine.sync_engine,
            "connect",
            lambda connection, _: connection.create_function("visit", 0, crowd.visit),
        )
        await engine.dispose()

        async def query():
            async with engine.connect() as connection:
                await connection.scalar(text("SELECT visit()"))

        async with loop_watched() as free:
            await asyncio.gather(*(query() for _ in range(5)), asyncio.sleep(0.1))
    return crowd.most, free


@case
async def a_stream_gives_rows_one_by_one():
    async with theatre() as engine, AsyncSession(engine) as session:
        titles = await session.stream_scalars(select(Show.title).order_by(Show.id))
        return [title async for title in titles]


@case
async def a_savepoint_is_rolled_back_alone():
    async with theatre() as engine, AsyncSession(engine) as session:
        session.add(Guest(email="kept@lantern.example"))
        with contextlib.suppress(IntegrityError):
            async with session.begin_nested():
                session.add(Guest(email="mara@lantern.example"))
        await session.commit()
        kept = select(Guest.email).where(Guest.email.startswith("kept"))
        return await session.scalar(kept), (await audit(engine)).ok


@case
async def a_scoped_session_belongs_to_its_task():
    async with theatre() as engine:
        current = async_scoped_session(async_sessionmaker(engine), asyncio.current_task)

        async def whose():
            return current()

        mine = current()
        seen = mine is current(), mine is await asyncio.create_task(whose())
        await current.remove()
        return seen


@case
async def statements_are_counted():
    async with theatre() as engine, AsyncSession(engine) as session:
        with count_sql(engine) as statements:
            shows = (await session.scalars(select(Show))).all()
            await session.commit()
            for show in shows:
                await session.refresh(show)
    return len(statements) == 1 + len(shows)


@case
async def every_driver_connection_has_a_thread():
    def threads():
        return sum("connection_worker" in thread.name for thread in threading.enumerate())

    async with theatre() as engine:
        await engine.dispose()
        while threads():
            await asyncio.sleep(0.01)
        connections = [await engine.connect() for _ in range(3)]
        count = threads()
        for connection in connections:
            await connection.close()
        return count


@case
async def a_database_in_memory_belongs_to_its_thread():
    engine = make_sync_engine("sqlite://", connect_args={"check_same_thread": False})
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE lamps (n)")

    def count():
        with engine.connect() as connection:
            return connection.scalar(text("SELECT count(*) FROM lamps"))

    return count(), await asyncio.to_thread(error_in, count)


# --- FastAPI


class GuestIn(BaseModel):
    """What a new guest sends."""

    email: str


class GuestOut(GuestIn):
    """What comes back."""

    model_config = ConfigDict(from_attributes=True)
    id: int


def make_app(engine, log):
    """An app with one of each kind of thing."""
    app, sessions = FastAPI(), async_sessionmaker(engine, expire_on_commit=False)

    async def get_session():
        log.append("open")
        async with sessions() as session:
            yield session
        log.append("close")

    def get_number():
        log.append("enter")
        yield 5
        log.append("exit")

    session_dep = Annotated[AsyncSession, Depends(get_session)]

    async def create(guest: GuestIn, session: session_dep):
        row = Guest(email=guest.email)
        session.add(row)
        await session.commit()
        return row

    async def read(guest_id: int, session: session_dep):
        if (row := await session.get(Guest, guest_id)) is None:
            raise HTTPException(404, "no such guest")
        return row

    async def lazy(session: session_dep):
        session.add(Order(show_id=1, guest_id=1, total_cents=0))
        await session.commit()
        return (
            await session.scalar(select(Order).execution_options(populate_existing=True))
        ).tickets

    def blocking(number: Annotated[int, Depends(get_number)]):
        time.sleep(0.1)
        return number, threading.current_thread() is not threading.main_thread()

    async def freezing():
        time.sleep(0.1)

    async def later(tasks: BackgroundTasks):
        async def in_the_loop():
            log.append("async task")

        tasks.add_task(log.append, "sync task")
        tasks.add_task(in_the_loop)

    async def stream():
        async def lines():
            for number in range(3):
                yield f"{number}\n"
                await asyncio.sleep(0)

        return StreamingResponse(lines())

    app.post("/guests", status_code=201, response_model=GuestOut)(create)
    app.get("/guests/{guest_id}", response_model=GuestOut)(read)
    for endpoint in (lazy, blocking, freezing, later, stream):
        app.get(f"/{endpoint.__name__}")(endpoint)
    return app


@contextlib.asynccontextmanager
async def served():
    """An HTTP client for the app, and its log."""
    log = []
    async with theatre() as engine, client(make_app(engine, log)) as http:
        yield http, log


@case
async def an_app_writes_reads_and_refuses():
    async with served() as (http, log):
        made = await http.post("/guests", json={"email": "new@lantern.example"})
        again = await http.get(f"/guests/{made.json()['id']}")
        missing, wrong = await http.get("/guests/999"), await http.post("/guests", json={})
        codes = [answer.status_code for answer in (made, again, missing, wrong)]
        return codes, again.json(), missing.json(), wrong.json()["detail"][0]["msg"], log


@case
async def a_lazy_load_in_an_endpoint_raises_missing_greenlet():
    async with served() as (http, log):
        return await error_of(http.get("/lazy")), log


@case
async def twenty_requests_are_served_at_once():
    async with served() as (http, log):
        answers = await asyncio.gather(*(http.get("/guests/1") for _ in range(20)))
        return {answer.status_code for answer in answers}, log.count("open"), log.count("close")


@case
async def plain_endpoints_and_dependencies_run_in_threads():
    async with served() as (http, log), loop_watched() as free:
        answers = await asyncio.gather(*(http.get("/blocking") for _ in range(10)))
    return answers[0].json(), log.count("enter"), log.count("exit"), free


@case
async def async_endpoints_that_block_run_one_after_the_other():
    async with served() as (http, _):
        return await seconds_of(asyncio.gather(*(http.get("/freezing") for _ in range(5)))) >= 0.5


@case
async def at_most_forty_endpoints_run_in_threads():
    crowd, app = Crowd(40), FastAPI()
    app.get("/")(crowd.visit)
    async with client(app) as http:
        await asyncio.gather(*(http.get("/") for _ in range(50)))
    return crowd.most


@case
async def background_tasks_run_after_the_answer():
    async with served() as (http, log):
        await http.get("/later")
        return log


@case
async def an_answer_is_streamed():
    async with served() as (http, _):
        return (await http.get("/stream")).text


@case
async def an_app_describes_itself():
    async with served() as (http, _):
        paths = (await http.get("/openapi.json")).json()["paths"]
        return sorted(paths), (await http.get("/docs")).status_code


@case
async def a_sync_session_serves_threads():
    engine = make_sync_engine(pool_size=2, max_overflow=0)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE lamps (n)")
    sessions = sessionmaker(engine)

    def light(number):
        with sessions.begin() as session:
            session.execute(text("INSERT INTO lamps VALUES (:n)"), {"n": number})
            session.execute(text("SELECT slow(0.01)"))

    await asyncio.gather(*(asyncio.to_thread(light, number) for number in range(8)))
    with sessions() as session:
        return session.scalar(text("SELECT count(*) FROM lamps")), engine.pool.checkedout()


@case
async def a_test_client_calls_an_app_from_plain_code():
    from contextlib import asynccontextmanager

    from fastapi.testclient import TestClient

    log = []

    @asynccontextmanager
    async def lifespan(app):
        log.append("up")
        yield
        log.append("down")

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def read():
        await asyncio.sleep(0.01)
        return {"lamp": 1}

    with TestClient(app) as http:
        answer = http.get("/").json()
    return answer, log


async def observe(but=()):
    """What every case sees, by its name; an error that a case did not expect is told."""
    seen = {}
    for function in CASES:
        if function.__name__ in but:
            continue
        try:
            seen[function.__name__] = await asyncio.wait_for(function(), 60)
        except Exception as error:
            seen[function.__name__] = f"raised {first_line(error)}"
    return seen
