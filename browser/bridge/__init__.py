"""What a browser lacks for FastAPI and SQLAlchemy's AsyncSession, and as CPython has it.

Greenlets, threads and event loops that wait, all on one primitive: a stack that stops and goes
on; and an alarm clock. No library is changed: they run on the standard library, which runs on
this.
"""

import sys


def install() -> None:
    """Put everything in place; before any library is imported."""
    from bridge import alarms, greenlets, loops, threads

    threads.install()
    loops.install()
    alarms.install()
    sys.modules["greenlet"] = greenlets
