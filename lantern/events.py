"""Listen to SQLAlchemy's events for as long as a block runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

Listener = tuple[Any, str, Callable[..., Any]]


@contextmanager
def listening(*listeners: Listener) -> Iterator[None]:
    """Call each listener, (target, name of the event, function), while the block runs."""
    for listener in listeners:
        event.listen(*listener)
    try:
        yield
    finally:
        for listener in listeners:
            event.remove(*listener)
