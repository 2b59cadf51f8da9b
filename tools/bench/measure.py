"""Measure something beside its floor, and write it as a row of a table."""

import contextlib
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles

import psutil

from course.project import ROOT

ROUNDS = 3
MANY = 5  # rounds of which it is also said how far apart they are
BETWEEN_LOOKS = 0.1  # seconds from one look at the memory in use to the next
IMPORTS = "import fastapi, sqlalchemy"


@dataclass(frozen=True)
class Row:
    """One figure: what, the measured value, its floor, their ratio, and what is asked for.

    `half` is the middle half of the ratios of all rounds, where there are enough of them.
    """

    what: str
    value: str
    floor: str
    ratio: float | None
    target: str
    half: tuple[float, float] | None = None


def seconds(command: list[str], **options: object) -> float:
    """Return how long a command takes; raises CalledProcessError if it fails."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, **{"cwd": ROOT, **options})
    return time.perf_counter() - began


def peak_memory(command: list[str]) -> tuple[int, int]:
    """Return the most bytes that were resident in a command's process, and in any of its children.

    What rises and falls between two looks is not seen. Raises CalledProcessError if it fails.
    """
    own = child = 0
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = psutil.Popen(command, cwd=ROOT, **quiet)
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            own = max(own, process.memory_info().rss)
            child = max([child, *(each.memory_info().rss for each in process.children())])
        time.sleep(BETWEEN_LOOKS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return own, child


def beside(
    what: str, measured: Callable[[], float], floor: Callable[[], float], target: str,
    rounds: int = ROUNDS,
) -> Row:  # fmt: skip
    """Measure both in turn and return the medians and the median of the rounds' ratios."""
    pairs = [(measured(), floor()) for _ in range(rounds)]
    values, floors = zip(*pairs, strict=True)
    ratios = [value / least for value, least in pairs]
    half = None
    if rounds >= MANY:
        lower, _, upper = quantiles(ratios, n=4)
        half = (lower, upper)
    value, floor_value = f"{median(values):.2f} s", f"{median(floors):.2f} s"
    return Row(what, value, floor_value, median(ratios), target, half)


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | measured | floor | ratio | asked for |", "|---|---|---|---|---|"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        if row.half:
            ratio += f" (half of them {row.half[0]:.2f} to {row.half[1]:.2f})"
        lines.append(f"| {row.what} | {row.value} | {row.floor} | {ratio} | {row.target} |")
    return "\n".join(lines) + "\n"
