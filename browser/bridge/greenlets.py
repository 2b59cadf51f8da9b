"""Greenlets: functions that pass control to each other, each on a stack of its own.

As much of the package greenlet as SQLAlchemy and the course use; installed under its name.
A switch hands something over and waits: until the next switch back nothing else of this thread
runs, not even its event loop, exactly as with the original.
"""

import asyncio
import contextvars
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from bridge.stacks import Place, launch, running

__version__ = "3.5.6"  # the version of the package whose behaviour this has

Trace = Callable[[str, tuple["greenlet", "greenlet"]], None]

_UNSET = object()
_trace: Trace | None = None


class error(Exception):
    """A greenlet was used as none can be."""


class GreenletExit(BaseException):
    """Ends a greenlet, which then returns it instead of raising it."""


@dataclass(frozen=True)
class _Parcel:
    """What a greenlet hands to another: values or an error, and the world it comes from."""

    origin: "greenlet"
    args: tuple
    kwargs: dict[str, Any]
    problem: BaseException | None
    context: contextvars.Context
    loop: asyncio.AbstractEventLoop | None
    task: asyncio.Task | None

    def opened(self) -> Any:
        """Return what switch() returns for it, or raise the error."""
        if self.problem is not None:
            context = self.problem.__context__
            try:
                raise self.problem
            finally:
                # It passes through here: it does not arise while something else is handled.
                self.problem.__context__ = context
        if self.kwargs:
            return (self.args, self.kwargs) if self.args else self.kwargs
        return self.args[0] if len(self.args) == 1 else self.args


class greenlet:
    """A function with a stack of its own; when it ends, `parent` gets the result."""

    dead = False
    gr_frame: FrameType | None = None
    _started = False
    _context: contextvars.Context | None = None
    _parcel: _Parcel

    def __init__(
        self, run: Callable[..., Any] | None = None, parent: "greenlet | None" = None
    ) -> None:
        self.run = run
        self.parent = parent or getcurrent()
        self._place = Place()

    def __bool__(self) -> bool:
        return self._started and not self.dead

    @property
    def gr_context(self) -> contextvars.Context | None:
        """The context variables; a greenlet that is given another's shares them with it."""
        return contextvars.copy_context() if self is getcurrent() else self._context

    @gr_context.setter
    def gr_context(self, context: contextvars.Context | None) -> None:
        self._context = context

    def switch(self, *args: Any, **kwargs: Any) -> Any:
        """Let this greenlet go on; return what somebody hands to the caller by a switch back."""
        return _switch(self, args, kwargs)

    def throw(
        self,
        kind: type[BaseException] | BaseException = GreenletExit,
        value: Any = None,
        traceback: TracebackType | None = None,
    ) -> Any:
        """Raise an error where this greenlet waits; the rest is as with switch."""
        problem = kind if isinstance(kind, BaseException) else value
        if not isinstance(problem, BaseException):
            problem = kind() if value is None else kind(value)
        return _switch(self, (), {}, problem.with_traceback(traceback or problem.__traceback__))


class _First(greenlet):
    """What a thread runs before it switches to any greenlet."""

    _started = True

    def __init__(self) -> None:
        self.run, self.parent = None, None
        self._place = Place()


def getcurrent() -> greenlet:
    """Return the greenlet that runs in this thread."""
    stack = running()
    if stack.greenlet is None:
        stack.greenlet = _First()
    return stack.greenlet


def gettrace() -> Trace | None:
    """Return the function that is told of every switch."""
    return _trace


def settrace(trace: Trace | None) -> Trace | None:
    """Have a function told of every switch; return the one before."""
    global _trace
    before, _trace = _trace, trace
    return before


def _switch(
    target: greenlet, args: tuple, kwargs: dict[str, Any], problem: BaseException | None = None
) -> Any:
    origin = getcurrent()
    origin.gr_frame = sys._getframe(2)
    try:
        _hand_over(origin, target, args, kwargs, problem)
        origin._place.wait()
    finally:
        origin.gr_frame = None
    return _received(origin)


def _hand_over(
    origin: greenlet,
    target: greenlet,
    args: tuple,
    kwargs: dict[str, Any],
    problem: BaseException | None,
) -> None:
    """Let the target go on as soon as this stack waits or ends."""
    while target.dead:
        target = target.parent
    loop = asyncio._get_running_loop()
    task = asyncio.current_task(loop) if loop else None
    context = contextvars.copy_context()
    target._parcel = _Parcel(origin, args, kwargs, problem, context, loop, task)
    if target._started:
        target._place.wake()
    else:
        target._started = True
        launch(lambda: _run(target), running().thread, loop)


def _received(here: greenlet) -> Any:
    """Return or raise what was handed to the greenlet that goes on here."""
    parcel = here._parcel
    del here._parcel
    if here._context is not None or parcel.origin._context is not None:
        for variable, value in parcel.context.items():
            if variable.get(_UNSET) is not value:
                variable.set(value)
    if _trace is not None:
        _trace("switch" if parcel.problem is None else "throw", (parcel.origin, here))
    return parcel.opened()


def _run(here: greenlet) -> None:
    """Be the stack of a greenlet, from its first switch to its end."""
    parcel = here._parcel
    running().greenlet = here
    if parcel.task is not None:
        asyncio.tasks._swap_current_task(parcel.loop, parcel.task)
    contextvars.Context().run(_run_function, here, parcel)
    if parcel.task is not None:
        asyncio.tasks._swap_current_task(parcel.loop, None)


def _run_function(here: greenlet, parcel: _Parcel) -> None:
    args, problem = (), None
    try:
        _received(here)
        args = (here.run(*parcel.args, **parcel.kwargs),)
    except GreenletExit as end:
        args = (end,)
    except BaseException as raised:
        problem = raised
    here.dead = True
    _hand_over(here, here.parent, args, {}, problem)
