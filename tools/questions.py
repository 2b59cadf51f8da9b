"""How hard each question is, and how well it separates: `python -m tools.questions FILE …`.

A file is what a reader has saved on the page *Your evening* and given to an author. Of each
question the first answer counts: later ones were given by somebody who had read why.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import StatisticsError, correlation, fmean

KEY = "lantern-answers:"
FEWEST = 5  # readers, of whom a correlation tells something

First = dict[str, bool]  # whether a reader's first answer was right, by question


@dataclass(frozen=True)
class Reading:
    """What the answers say of one question.

    `right` is the share of readers whose first answer was right. `separates` is the correlation
    of that with the share that each has right of all others: near 0 or below, who knows the rest
    does not know this; None where there are too few readers, or no two of them differ.
    """

    question: str
    readers: int
    right: float
    separates: float | None


def first_answers(saved: dict) -> First:
    """Return a reader's first answers; what was shown unasked, or cannot be right, is none."""
    found = {}
    for key, tries in saved["kept"].items():
        if key.startswith(KEY):
            judged = [each["right"] for each in tries if each.get("right") is not None]
            if judged and tries[0]["answer"] is not None:
                found[key.removeprefix(KEY)] = judged[0]
    return found


def readings(readers: list[First]) -> Iterator[Reading]:
    """Yield what is to be said of each question, the hardest first."""
    questions = {question for reader in readers for question in reader}
    yield from sorted((_reading(one, readers) for one in questions), key=lambda it: it.right)


def _reading(question: str, readers: list[First]) -> Reading:
    asked = [reader for reader in readers if question in reader]
    right = [float(reader[question]) for reader in asked]
    rests = [[known for name, known in reader.items() if name != question] for reader in asked]
    pairs = [(each, fmean(rest)) for each, rest in zip(right, rests, strict=True) if rest]
    separates = None
    if len(pairs) >= FEWEST:
        with suppress(StatisticsError):  # no two of them differ
            separates = correlation(*zip(*pairs, strict=True))
    return Reading(question, len(asked), fmean(right), separates)


def main(paths: list[str]) -> int:
    """Print a line for each question."""
    readers = [first_answers(json.loads(Path(path).read_text("utf-8"))) for path in paths]
    print("right  separates  readers  question")
    for one in readings(readers):
        separates = "-" if one.separates is None else f"{one.separates:+5.2f}"
        print(f"{one.right:5.0%}  {separates:>9}  {one.readers:7}  {one.question}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
