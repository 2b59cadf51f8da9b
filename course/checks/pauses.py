"""Whether the pauses of a retry keep apart two who were refused together."""

from collections.abc import Sequence
from statistics import mean, pstdev
from typing import Any

GROWS = 1.5  # times the first pause is the last one at least, measured; twice is what is asked
SPREAD = 0.005  # the least standard deviation of a pause, in parts of its mean: less than is asked


def why_no_seconds(every: Sequence[Sequence[Any]]) -> str:
    """Say which pause is no number of seconds; nothing if all are."""
    for pauses in every:
        for seconds in pauses:
            if not isinstance(seconds, int | float):
                return f"A pause was {seconds!r} long; sleep takes a number of seconds."
    return ""


def why_together(every: Sequence[Sequence[float]]) -> str:
    """Say why two who give up at once come back together; nothing if they do not.

    `every` has the pauses between the attempts of each time that a retry gave up, in seconds.
    """
    columns = list(zip(*every, strict=False))
    for number, column in enumerate(columns, 1):
        if max(column) <= 0:
            return f"Before attempt {number + 1} there was no pause, or one of {column[0]:.0f} s."
    for number, column in enumerate(columns, 1):
        if len(set(column)) == 1:
            return (
                f"Pause number {number} took {column[0]:.3g} s, {len(every)} times out of "
                f"{len(every)}: two who are refused together come back together."
            )
        if pstdev(column) < SPREAD * mean(column):
            return (
                f"Pause number {number} took from {min(column):.3g} to {max(column):.3g} s, in "
                f"{len(every)} times: that is nearly the same, and two who are refused together "
                "come back together."
            )
    if len(columns) > 1 and (last := mean(columns[-1])) < GROWS * (first := mean(columns[0])):
        return (
            f"The first pause took {first:.2g} s in the mean of {len(every)}, and pause number "
            f"{len(columns)} {last:.2g} s: it does not grow to twice the first one."
        )
    return ""
