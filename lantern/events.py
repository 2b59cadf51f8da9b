"""Listen to SQLAlchemy's events, or stand before a function, for as long as a block runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import event

Listener = tuple[Any, str, Callable[..., Any]]


@contextmanager
def listening(*listeners: Listener, retval: bool = False) -> Iterator[None]:
    """Call each listener, (target, name of the event, function), while the block runs.

    With `retval` what it returns takes the place of what it was given.
    """
    for listener in listeners:
        event.listen(*listener, retval=retval)
    try:
        yield
    finally:
        for listener in listeners:
            event.remove(*listener)


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Let an attribute of a module or a class have another value while the block runs."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def before_the_driver(dialect: Any, calls: dict[str, Callable[..., Any]]) -> Iterator[None]:
    """Let a dialect call these, by the names of its own functions, in place of the driver.

    Each is given the dialect's own function, and then what that would be given.
    """
    for name, call in calls.items():
        setattr(dialect, name, partial(call, getattr(dialect, name)))
    try:
        yield
    finally:
        for name in calls:
            delattr(dialect, name)
