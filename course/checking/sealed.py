"""Functions that are handed to an answer and lead to nothing that the check has seen."""

import functools
import inspect
from collections.abc import Callable
from typing import Any


def sealed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does the same, and holds what it calls where Python can't look.

    Whose method it is, or what is in its closure, any library could read for an answer, and no
    audit event would tell. What an `lru_cache` of no size calls is in C, and without a name.
    """
    hidden = functools.lru_cache(maxsize=0)(function)
    del hidden.__wrapped__
    call: Callable[..., Any]
    if inspect.iscoroutinefunction(function):

        async def call(*args: Any, **options: Any) -> Any:
            return await hidden(*args, **options)

    else:

        def call(*args: Any, **options: Any) -> Any:
            return hidden(*args, **options)

    call.__name__, call.__qualname__ = function.__name__, function.__qualname__
    return call
