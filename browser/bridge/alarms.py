"""The alarm clock of a process: signal.setitimer, by which a check ends what never waits."""

import signal
import time

from bridge.stacks import page

ITIMER_REAL = 0

_due = _interval = 0.0


def setitimer(which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
    """Send SIGALRM in so many seconds, and then at each interval; with zero seconds, never.

    Return the seconds that were left and the interval, as signal.setitimer does. Raises
    ValueError for another clock than ITIMER_REAL.
    """
    global _due, _interval
    if which != ITIMER_REAL:
        raise ValueError("A browser has the clock ITIMER_REAL only.")
    before = max(_due - time.monotonic(), 0.0), _interval
    _due, _interval = (time.monotonic() + seconds, interval) if seconds else (0.0, 0.0)
    page().setAlarm(seconds, interval)
    return before


def install() -> None:
    """Let the module signal have it."""
    signal.ITIMER_REAL, signal.setitimer = ITIMER_REAL, setitimer
