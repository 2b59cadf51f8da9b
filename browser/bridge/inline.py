"""For a browser in which no stack can stop: all runs where it is called, to its end.

What never really waits is as on CPython: a greenlet whose awaitables are ready, a thread that
ends without waiting, a statement of SQLite. Whatever has to wait raises CannotWait. The page
calls the loop, turn by turn. Three libraries keep threads that wait for work, and get their work
done at once instead: aiosqlite, anyio and concurrent.futures.
"""

import asyncio
import contextvars
import functools
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from pyodide.ffi import create_proxy

from bridge import greenlets, loops, stacks, threads

# Turns that an awaitable may take without a future to wait for: more is a loop that waits.
PATIENCE = 1000


class InlineLoop(loops.Loop):
    """An event loop that waits for nothing but its timers, and holds up all else meanwhile."""

    def select(self, timeout: float | None) -> list[Any]:
        """Wait until the time is over."""
        if timeout is None and not self._woken:
            raise stacks.CannotWait
        hold_up(0 if self._woken else timeout)
        self._woken = False
        return []


class PageLoop(loops.Loop):
    """An event loop that the page calls whenever it has something to do: it never waits."""

    def select(self, timeout: float | None) -> list[Any]:
        """Return at once."""
        return []

    def begin(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine, turn by turn; its first turn is now."""
        self._run_forever_setup()
        self._main = self.create_task(coroutine)
        stacks.page().takeTurns(create_proxy(self._turn))
        self._turn()

    def _turn(self) -> None:
        stacks.go_on(stacks.running())
        with loops.outliving():
            self._run_once()
        stacks.leave()
        if self._ready:
            stacks.page().planTurn(0)
        elif self._scheduled:
            stacks.page().planTurn(max(self._scheduled[0]._when - self.time(), 0))

    def _write_to_self(self) -> None:
        stacks.page().planTurn(0)


class Calls:
    """aiosqlite's queue for its thread, without the thread: what is put in is done at once."""

    def put_nowait(self, call: tuple[asyncio.Future | None, Callable[[], Any]]) -> None:
        """Call the function; the future has its result or its error."""
        future, function = call
        try:
            result = function()
        except BaseException as error:
            if future:
                future.set_exception(error)
        else:
            if future:
                future.set_result(result)


def hold_up(seconds: float) -> None:
    """Be time.sleep: nothing else could run meanwhile, so all of it is held up."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def run_at_once(
    function: Callable[[], None], thread: int, loop: asyncio.AbstractEventLoop | None = None
) -> None:
    """Be stacks.launch: run the function as another thread, before this one goes on."""
    before, outer = stacks.leave(), asyncio._get_running_loop()
    task = asyncio.tasks._swap_current_task(outer, None) if outer else None
    stacks.go_on(stacks.Stack(thread))
    asyncio._set_running_loop(loop)
    try:
        function()
    finally:
        stacks.end()
        stacks.go_on(before)
        asyncio._set_running_loop(outer)
        if outer:
            asyncio.tasks._swap_current_task(outer, task)


def called_in_thread(call: Callable[[], Any]) -> Future:
    """Return what becomes of a call in a thread of its own."""
    future = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work).start()
    return future


def submit(
    executor: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Future:
    """Be ThreadPoolExecutor.submit."""
    return called_in_thread(functools.partial(function, *args, **kwargs))


async def run_in_thread(
    backend: type, function: Callable[..., Any], args: tuple, abandon_on_cancel: bool = False,
    limiter: Any = None,
) -> Any:  # fmt: skip
    """Be what anyio.to_thread.run_sync calls."""
    await backend.checkpoint()
    async with limiter or backend.current_default_thread_limiter():
        context = contextvars.copy_context()
        return called_in_thread(functools.partial(context.run, function, *args)).result()


def switch(
    target: greenlets.greenlet, args: tuple, kwargs: dict, problem: BaseException | None = None
) -> Any:
    """Be a switch, for greenlets that only ever hand awaitables to those that began them."""
    here = greenlets.getcurrent()
    here.gr_frame = sys._getframe(2)
    try:
        if target is here.parent:
            return _await_now(here, target, *args)
        if target._started or problem:
            return _end(target, problem)
        return _begin(here, target, args, kwargs)
    finally:
        here.gr_frame = None


def _begin(here: greenlets.greenlet, target: greenlets.greenlet, args: tuple, kwargs: dict) -> Any:
    """Run the whole body; if it awaited something, let other tasks run before it ends."""
    stack = stacks.running()
    target._started, target._awaited = True, False
    stack.greenlet = target
    _told(here, target)
    try:
        target._outcome = target.run(*args, **kwargs), None
    except BaseException as error:
        target._outcome = None, error
    finally:
        stack.greenlet = here
    target.dead = True
    _told(target, here, target._outcome[1])
    if not target._awaited:
        return _end(target, None)
    target.dead = False
    return asyncio.sleep(0)


def _end(target: greenlets.greenlet, problem: BaseException | None) -> Any:
    target.dead = True
    result, raised = target.__dict__.pop("_outcome", (None, None))
    if raised or problem:
        raise raised or problem
    return result


def _await_now(here: greenlets.greenlet, driver: greenlets.greenlet, awaitable: Any) -> Any:
    """Take an awaitable to its end on the spot, as the task that began this greenlet would."""
    here._awaited = True
    stack = stacks.running()
    stack.greenlet = driver
    _told(here, driver)
    steps = awaitable.__await__()
    try:
        for _ in range(PATIENCE):
            waited_for = next(steps)
            if waited_for is not None:
                waited_for._asyncio_future_blocking = False
                break
        steps.throw(stacks.CannotWait())
        raise stacks.CannotWait  # it went on to wait for something else
    except StopIteration as end:
        return end.value
    finally:
        stack.greenlet = here
        _told(driver, here)


def _told(
    origin: greenlets.greenlet, target: greenlets.greenlet, error: BaseException | None = None
) -> None:
    if trace := greenlets.gettrace():
        trace("switch" if error is None else "throw", (origin, target))


def install() -> None:
    """Put everything in place; the rest of the bridge is there already."""
    threads.launch, threads.sleep, time.sleep = run_at_once, hold_up, hold_up
    loops.Loop = InlineLoop
    greenlets._switch = switch
    ThreadPoolExecutor.submit = submit
    import aiosqlite.core
    from anyio._backends._asyncio import AsyncIOBackend

    aiosqlite.core.SimpleQueue = Calls
    aiosqlite.core._connection_worker_thread = lambda calls: None
    AsyncIOBackend.run_sync_in_worker_thread = classmethod(run_in_thread)
