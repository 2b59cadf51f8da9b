"""The machine that an answer runs on, as another one would have it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Five and a half hours east of UTC, the whole year; POSIX counts to the west.
EAST = "EAST-5:30"


@contextmanager
def clock_in(zone: str) -> Iterator[None]:
    """Let Python's local time be that of a POSIX zone, where it can be set.

    Many machines are in UTC, and there local time taken for UTC goes unnoticed. Windows and
    browsers keep their own.
    """
    if not hasattr(time, "tzset"):
        yield
        return
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()
