"""What was observed of an answer, on its way from the process that ran it to the one that judges.

In JSON each is an object with the version of this format, its kind, and its own fields:
{"format": 1, "kind": "stopped", "why": "a sentence"}.
"""

import json
from dataclasses import dataclass

from course.checking.exercise import Plain

FORMAT = 1


@dataclass(frozen=True)
class Seen:
    """What the exercise's observe returned, and the seed of the case that it saw.

    It counts for that seed alone: what was seen in another run is worth nothing in this one.
    """

    data: Plain
    seed: int


@dataclass(frozen=True)
class CheckBroken:
    """The error that came out of observe: no attempt had caught it."""

    error: str


@dataclass(frozen=True)
class Missing:
    """Names that the cells do not define, one that resembles the first, or an empty string.

    `errors` has a sentence for each cell that failed.
    """

    names: tuple[str, ...]
    similar: str
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Untouched:
    """An answer is still the stub that was handed out."""


@dataclass(frozen=True)
class Stopped:
    """Nothing could be observed to its end, and why, in a sentence for the learner."""

    why: str


@dataclass(frozen=True)
class NoVerdict:
    """The machine failed, not the answer, and why, in a sentence for who grades."""

    why: str


Observation = Seen | CheckBroken | Missing | Untouched | Stopped | NoVerdict

KINDS: dict[type[Observation], str] = {
    Seen: "seen", CheckBroken: "check broken", Missing: "missing", Untouched: "untouched",
    Stopped: "stopped", NoVerdict: "no verdict",
}  # fmt: skip


def as_plain(observation: Observation) -> Plain:
    """Return an observation as JSON can hold it."""
    return {"format": FORMAT, "kind": KINDS[type(observation)], **vars(observation)}


def from_plain(content: object) -> Observation:
    """Return the observation; raises ValueError for what `as_plain` never returned."""
    match content:
        case {"format": 1, "kind": str(kind), **fields}:
            match [kind, *sorted(fields.items())]:
                case ["seen", ("data", dict(data)), ("seed", int(seed))]:
                    return Seen(data, seed)
                case ["check broken", ("error", str(error))]:
                    return CheckBroken(error)
                case ["missing", ("errors", errors), ("names", names), ("similar", str(similar))]:
                    return Missing(texts(names), similar, texts(errors))
                case ["untouched"]:
                    return Untouched()
                case ["stopped", ("why", str(why))]:
                    return Stopped(why)
                case ["no verdict", ("why", str(why))]:
                    return NoVerdict(why)
    raise ValueError("no observation of this version of the course")


def texts(content: object) -> tuple[str, ...]:
    """Return a list of strings; raises ValueError for anything else."""
    if isinstance(content, list) and all(isinstance(text, str) for text in content):
        return tuple(content)
    raise ValueError("no list of strings")


def to_json(observation: Observation) -> str:
    """Return an observation as one line of JSON."""
    return json.dumps(as_plain(observation))


def from_json(text: str | bytes) -> Observation:
    """Return the observation; raises ValueError for what `to_json` never returned."""
    return from_plain(parsed(text))


def parsed(text: str | bytes) -> object:
    """Return what stands in a text of JSON that anybody may have written, or raise ValueError."""
    try:
        content: object = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return content
