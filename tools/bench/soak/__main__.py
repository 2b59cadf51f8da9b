"""Whether an hour of running cells fills the memory: `python -m tools.bench.soak [--minutes 60]`.

The cells of a lesson run round after round in one Python in Chromium, and some of them are edited
each time. With --here they run on this machine's Python instead: what grows there as well is kept
by the libraries.
"""

import argparse
import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import linear_regression

from tools.bench.soak.pythons import Figures, Run, here, in_chromium, value_of
from tools.driver.live import text_of

LESSON = Path(__file__).with_name("lesson.py")
BETWEEN_CELLS = "\n# %%\n"
FAILS = "raise ValueError"  # stands in the cell that is meant to end with an error
RECORD = """
import gc
import sys
from collections import Counter

def recorded():
    gc.collect()
    return {"objects": len(gc.get_objects())}

def kinds():
    names = (f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    return dict(Counter(names))
"""
# FastAPI keeps the last 4096 endpoints and dependencies that it has seen, and each version of the
# app brings two. When it is full, nothing of it can grow.
VERSIONS = 2100
KINDS = 12  # of objects that grew most are told


def play(run: Run, cells: list[str], number: int) -> None:
    """Run all cells as they are in a round; raises RuntimeError where one fails unexpectedly."""
    for cell in cells:
        source = cell.replace("ROUND", str(number))
        outputs = run(source)
        failed = [each for each in outputs if each["output_type"] == "error"]
        if bool(failed) != (FAILS in source):
            raise RuntimeError(f"Round {number}:\n{source}\n{text_of(outputs)}")


def soak(run: Run, figures: Callable[[], Figures], minutes: float) -> bool:
    """Run rounds for so long, tell what grows, and return whether the memory stayed the same.

    What is told begins after a tenth of the time: until then caches fill.
    """

    def look() -> Figures:
        return figures() | value_of(run, "recorded()")

    cells = LESSON.read_text("utf-8").split(BETWEEN_CELLS)
    run(RECORD)
    run(cells[0])
    print(f"At first {worded(look())}", flush=True)
    for number in range(VERSIONS):
        play(run, cells[1:2], number)
    print(f"After {VERSIONS} versions of the app {worded(look())}", flush=True)
    began = time.monotonic()
    rounds = itertools.count(VERSIONS)
    while time.monotonic() < began + minutes * 6:
        play(run, cells[1:], next(rounds))
    before = Counter(value_of(run, "kinds()"))
    rows = [look()]
    told = began
    while time.monotonic() < began + minutes * 60 or len(rows) < 3:
        play(run, cells[1:], next(rounds))
        rows.append(look())
        if time.monotonic() > told + 60:
            told = time.monotonic()
            print(f"{(told - began) / 60:.0f} min, {worded(rows[-1])}", flush=True)
    grown = Counter(value_of(run, "kinds()"))
    grown.subtract(before)
    return verdict(rows, grown)


def worded(figures: Figures) -> str:
    """Return figures on one line."""
    return ", ".join(f"{name} {figure:,}" for name, figure in figures.items())


def verdict(rows: list[Figures], grown: Counter[str]) -> bool:
    """Print how much each figure grew, and return whether the memory stayed as large as it was."""
    print(f"{len(rows)} rounds after the first tenth; growth per 1000 rounds:")
    for name in rows[0]:
        slope = linear_regression(range(len(rows)), [row[name] for row in rows]).slope
        print(f"  {name}: {1000 * slope:+,.0f}, from {rows[0][name]:,} to {rows[-1][name]:,}")
    most = [f"{kind} {count:+}" for kind, count in grown.most_common(KINDS) if count > 0]
    print(f"Objects that became more: {', '.join(most) or 'none'}")
    memory = next(iter(rows[0]))
    stayed = rows[len(rows) // 2][memory] == rows[-1][memory]
    print(f"In the last half the {memory} {'stayed the same' if stayed else 'changed'}.")
    return stayed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--here", action="store_true", help="on this Python, not in Chromium")
    given = parser.parse_args()
    with (here if given.here else in_chromium)() as (run_cell, look_at_it):
        sys.exit(not soak(run_cell, look_at_it, given.minutes))
