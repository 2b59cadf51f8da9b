"""Show an error that is meant to happen, as one line that is the same every time."""

import gc
import re
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import MissingGreenlet, StatementError


class UnexpectedSuccess(AssertionError):
    """Code that was expected to fail did not."""


def first_line(error: BaseException) -> str:
    """Return the last line of a terminal's traceback: class, colon, first line of the message.

    Memory addresses are left out, so that the line is the same in every run.
    """
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    message = message_of(error)
    return f"{name}: {message}" if message else name


def message_of(error: BaseException) -> str:
    """Return the first line of an error's message, without addresses; it may be empty."""
    try:
        first = (str(error).strip().splitlines() or [""])[0]
    except Exception:
        return "(an error that can't even be printed)"
    return re.sub(r" at 0x[0-9a-fA-F]+", "", first)


def without_background(line: str) -> str:
    """Return a line of an error without SQLAlchemy's link to what stands behind it."""
    return line.partition(" (Background on")[0]


def is_missing_greenlet(error: BaseException) -> bool:
    """Tell whether this is the greenlet error: bare, or inside a StatementError."""
    return isinstance(error, MissingGreenlet) or (
        isinstance(error, StatementError) and isinstance(error.orig, MissingGreenlet)
    )


@contextmanager
def expect(
    kind: type[BaseException] | tuple[type[BaseException], ...], match: str = ""
) -> Iterator[None]:
    """Print the first line of the expected error and go on.

    `match` is a regular expression to be found in the message. MissingGreenlet also accepts
    the StatementError that carries one. Raises UnexpectedSuccess when nothing is raised;
    any other error passes through. A coroutine left behind by the error is collected here,
    so that its "never awaited" warning cannot turn up in a later cell.
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*never awaited", RuntimeWarning)
        try:
            yield
        except BaseException as error:
            known = isinstance(error, kinds) or (
                MissingGreenlet in kinds and is_missing_greenlet(error)
            )
            if not known or not re.search(match, str(error)):
                raise
            print(first_line(error))
            _collect_what_it_left(error)
            return
    names = " or ".join(one.__name__ for one in kinds)
    raise UnexpectedSuccess(f"Expected {names}, but this code ran without an error.")


def _collect_what_it_left(error: BaseException | None) -> None:
    # The frames of the traceback hold the coroutine that was never awaited.
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
    gc.collect()
