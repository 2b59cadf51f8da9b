"""What is left behind: tasks that nobody keeps, coroutines never awaited, engines not disposed."""

import asyncio
import contextlib
import functools
import gc
import inspect
import sys
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from sqlalchemy import Dialect, Engine
from sqlalchemy.pool import Pool, QueuePool

from lantern.events import Listener, replaced
from lantern.plugin.findings import ENGINE, TASK, UNAWAITED, Place
from lantern.plugin.places import frames, is_theirs, place, place_at, place_of
from lantern.plugin.requests import Request, current, starting
from lantern.plugin.run import Run, Watcher

# What a loop has of each task that waits; other than these, somebody keeps it.
OF_A_LOOP = {"TaskWakeupMethWrapper", "TaskStepMethWrapper", "task_wakeup"}


@dataclass
class Left:
    """A task or an engine: where it was made, and in which request and test."""

    thing: Any  # a weak reference
    place: Place
    request: Request | None
    test: str
    pool: Any = None  # of an engine: a weak reference
    open: set[int] = field(default_factory=set)  # its connections
    app: Any = None  # the one whose start made it
    is_kept: bool = False


class Leftovers(Watcher):
    """Follows tasks, coroutines and engines that the project's own code makes."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._tasks: list[Left] = []
        self._engines: list[Left] = []

    def listeners(self) -> Iterable[Listener]:
        return (
            (Pool, "connect", self._opened),
            (Pool, "close", self._closed),
            (Engine, "engine_disposed", self._disposed),
        )

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Follow the making of tasks and engines, the end of loops."""
        loop_class: Any = asyncio.BaseEventLoop
        runners: Any = asyncio.runners
        create, cancel = loop_class.create_task, runners._cancel_all_tasks

        @functools.wraps(create)
        def creating(*args: Any, **options: Any) -> Any:
            task = create(*args, **options)
            if self.run.test and (where := _made_by()) and not where.in_tests:
                self._tasks.append(Left(weakref.ref(task), where, current(), self.run.test))
            return task

        @functools.wraps(cancel)
        def cancelling(loop: Any) -> None:
            self._judge_tasks(loop)
            cancel(loop)

        def made(dialect: type[Dialect], engine: Engine) -> None:
            where, pool = place(), engine.pool
            if not self.run.test or where is None or where.in_tests:
                return
            # It is told once more by what the URL names, if that is not the dialect itself.
            if isinstance(pool, QueuePool) and not self._left_with(pool):
                left = Left(weakref.ref(engine), where, current(), self.run.test, weakref.ref(pool))
                left.app = starting()
                self._engines.append(left)

        depth = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(max(depth, 1))
        try:
            with (
                replaced(loop_class, "create_task", creating),
                replaced(runners, "_cancel_all_tasks", cancelling),
                replaced(Dialect, "engine_created", classmethod(made)),
            ):
                yield
        finally:
            sys.set_coroutine_origin_tracking_depth(depth)

    def test_ended(self, passed: bool) -> None:
        self._judge_tasks()
        self._tasks.clear()
        if any(left.open and not left.is_kept for left in self._engines):
            gc.collect()
        for left in [*self._engines]:
            if left.thing() is None:
                self._engines.remove(left)
                self._tell_of_engine(left, "it was dropped")
            # What a module or a cache keeps, it keeps for longer than a test.
            left.is_kept = True

    def app_ended(self, app: Any) -> None:
        for left in [*self._engines]:
            if left.app is app:
                self._engines.remove(left)
                self._tell_of_engine(left, "its app had shut down")

    def _judge_tasks(self, loop: Any = None) -> None:
        for left in [*self._tasks]:
            task = left.thing()
            if task is None or task.done() or (loop and task.get_loop() is not loop):
                continue
            self._tasks.remove(left)
            if not _is_kept(task):
                at = task.get_coro().cr_frame
                self.run.found(
                    TASK,
                    "began a task that nobody kept, and it had not ended when its test had",
                    left.place,
                    f"it was at {place_of(at.f_code, at.f_lineno)}",
                    request=left.request,
                    test=left.test,
                )

    def _opened(self, dbapi_connection: Any, record: Any) -> None:
        if left := self._left_with(record._ConnectionRecord__pool):
            left.open.add(id(dbapi_connection))

    def _closed(self, dbapi_connection: Any, record: Any) -> None:
        if left := self._left_with(record._ConnectionRecord__pool):
            left.open.discard(id(dbapi_connection))

    def _left_with(self, pool: Pool) -> Left | None:
        # By the pool itself: its number may be another's as soon as it is gone.
        return next((left for left in self._engines if left.pool() is pool), None)

    def _disposed(self, engine: Engine) -> None:
        # A connection that was out meanwhile stays open; who took it is told of by itself.
        for left in [*self._engines]:
            if left.thing() is engine:
                self._engines.remove(left)

    def _tell_of_engine(self, left: Left, how: str) -> None:
        if count := len(left.open):
            self.run.found(
                ENGINE,
                f"made an engine; {how}, and it was not disposed",
                left.place,
                f"{count} of its connections had not been closed",
                request=left.request,
                test=left.test,
            )

    def warned(self, warning: Any) -> None:
        """Look at a warning that Python gave, unless the project's own filters left it out."""
        coroutine = getattr(warning, "source", None)
        if not self.run.test or not inspect.iscoroutine(coroutine) or not coroutine.cr_origin:
            return
        made_at = coroutine.cr_origin[0]
        where = place_at(*made_at) if is_theirs(made_at[0]) else None
        if where is not None and not where.in_tests:
            called = coroutine.__qualname__
            reading = "nothing of it has run"
            self.run.found(UNAWAITED, f"called {called}, and nobody awaited it", where, reading)


def _made_by() -> Place | None:
    """Return the project's line that makes a task, unless a library makes it for a purpose."""
    for frame in frames():
        name = frame.f_globals.get("__name__", "")
        if name != __name__ and not name.startswith("asyncio."):
            is_its_own = is_theirs(frame.f_code.co_filename)
            return place_of(frame.f_code, frame.f_lineno) if is_its_own else None
    return None


def _is_kept(task: Any) -> bool:
    for referrer in gc.get_referrers(task):
        named = {type(referrer).__name__, getattr(referrer, "__name__", "")}
        # From Python 3.14 on what a task awaits knows it, and keeps it no longer than the wait.
        awaits = isinstance(referrer, asyncio.Future) and task in _awaited_by(referrer)
        if not isinstance(referrer, FrameType) and not named & OF_A_LOOP and not awaits:
            return True
    return False


def _awaited_by(future: Any) -> Any:
    return getattr(future, "_asyncio_awaited_by", None) or ()
