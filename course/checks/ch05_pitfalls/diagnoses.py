"""ch05-ex2: from what is seen to its cause and its cure, eight times.

The logs stand in the exercise, and what they show is the output of cells below its solution. So
nothing is drawn: another order of the same eight would ask for the same knowledge.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from course.checking.attempts import plain
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch05_pitfalls.logs import CAUSES, CURES, LOGS, Log

OPEN = "<ellipsis>"


async def observe_diagnoses(case: None, diagnoses: Any) -> dict[str, Any]:
    """Return the answer as plain data, names in lower case."""
    if not isinstance(diagnoses, dict):
        return {"said": None, "kind": type(diagnoses).__name__}
    said: dict[str, Any] = {}
    for number, pair in diagnoses.items():
        if str(number).strip() in said:
            return {"said": None, "kind": f"dict in which log {number} stands twice"}
        value = plain(pair)
        if isinstance(value, list):
            value = [
                "-".join(name.split()).lower() if isinstance(name, str) else name for name in value
            ]
        said[str(number).strip()] = value
    return {"said": said, "kind": "dict"}


def judge_diagnoses(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    said = seen["said"]
    if not isinstance(said, dict):
        yield Nothing(
            f"diagnoses is a {seen['kind']}. Write a dictionary: for each number of a log a cause "
            "and a cure."
        )
        return
    numbers = [str(number) for number in range(1, len(LOGS) + 1)]
    strange = [number for number in said if number not in numbers]
    if strange:
        yield Nothing(f"There is no log {strange[0]}. The logs have the numbers 1 to {len(LOGS)}.")
        return
    for number, log in zip(numbers, LOGS, strict=True):
        if problem := _why_wrong(number, log, said.get(number)):
            yield Broken(log.promise, f"Log {number}. {problem}")


def _why_wrong(number: str, log: Log, pair: Any) -> str | None:
    if pair is None or pair == OPEN:
        return "It has no diagnosis yet."
    if not isinstance(pair, list) or len(pair) != 2:
        return "Its diagnosis is two names, a cause and a cure: `(cause, cure)`."
    cause, cure = pair
    if cause == OPEN:
        return "It has no cause yet."
    if not isinstance(cause, str) or cause not in CAUSES:
        return _unknown("cause", cause, CAUSES, CURES)
    if cause != log.cause:
        return log.against.get(cause, f"{CAUSES[cause]}. Here {log.shows}.")
    if cure == OPEN:
        return "The cause is right. It has no cure yet."
    if not isinstance(cure, str) or cure not in CURES:
        return f"The cause is right. {_unknown('cure', cure, CURES, CAUSES)}"
    if cure not in log.cures:
        why = log.not_cured.get(cure, f"{CURES[cure]}. Here {log.asks}")
        return f"The cause is right; {cure} does not cure it. {why}"
    return None


def _unknown(kind: str, name: Any, known: Mapping[str, str], others: Mapping[str, str]) -> str:
    if not isinstance(name, str):
        return f"Its {kind} is {name!r}; write one of the names in the table, as a string."
    if name in others:
        return f"{name!r} is no {kind}. The cause comes first, the cure after it."
    near = difflib.get_close_matches(name, known, 1)
    meant = f" Is {near[0]!r} meant?" if near else ""
    return f"No {kind} in the table is called {name!r}.{meant}"


DIAGNOSES = Exercise(
    id="ch05-ex2",
    title="Eight logs, and nobody who says why",
    objectives=("diagnosis", "changes", "failures", "loops"),
    answers=("diagnoses",),
    promises={
        "queue": "log 1: a pool that is waited for in vain",
        "unstored": "log 2: a sale of which nothing is stored",
        "stranger": "log 3: an order that was refused and is stored",
        "attribute": "log 4: an attribute that cannot be read",
        "settings": "log 5: settings that are the old ones again",
        "guest": "log 6: a guest whom a rollback leaves",
        "heartbeat": "log 7: a loop that stands still",
        "created": "log 8: a 201, and no row",
    },
    hints=(
        "Ask three questions of each log, in this order: what was sent to the database, in which "
        "order with the answer, and what should be between two lines and is not.",
        "Two logs that end in the same way differ before: 2 and 8 both end with a rollback, and "
        "5 stores as little as they do. In 3 and 6 too much is stored, and in one of them no "
        "COMMIT was ever sent.",
        "Each cause stands in a lesson of chapters 2 to 5, with the reading that shows it; the "
        "page *What could it be?* lists the cases of all chapters by what one sees.",
    ),
    observe=observe_diagnoses,
    judge=judge_diagnoses,
)
