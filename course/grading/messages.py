"""What passes between a grader, its observers, and a child and its watcher."""

import json
from dataclasses import dataclass

from course.checking.host import NumberedCell
from course.checking.observation import (
    CheckBroken,
    Missing,
    Observation,
    Seen,
    Untouched,
    as_plain,
    from_plain,
    parsed,
    texts,
)

# What an answer did.
OWN_CONNECTION = "a connection of its own to the database"
OWN_STATEMENT = "a statement that SQLAlchemy does not see"

# --- a grader and its observers -------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """One exercise of one submission: the cells to run, and what is looked for in them.

    `seconds` are the most that cells and check may take together; `seed` is what the check draws
    its case from.
    """

    stem: str
    exercise: str
    answers: tuple[str, ...]
    cells: tuple[NumberedCell, ...]
    seconds: float
    seed: int

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> "Request":
        """Return the request that a grader wrote; raises ValueError for anything else."""
        match json.loads(line):
            case {
                "stem": str(stem), "exercise": str(exercise), "answers": [*answers],
                "cells": [*cells], "seconds": int() | float() as seconds,
                "seed": int(seed),
            }:  # fmt: skip
                numbered = tuple((number, source) for number, source in cells)
                return cls(stem, exercise, tuple(answers), numbered, seconds, seed)
        raise ValueError("no request")


@dataclass(frozen=True)
class Observed:
    """What was observed, what the answer did that none needs to, and the seconds that it took."""

    observation: Observation
    did: tuple[str, ...] = ()
    seconds: float = 0.0

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps({**vars(self), "observation": as_plain(self.observation)})

    @classmethod
    def from_json(cls, line: str | bytes) -> "Observed":
        """Return it from its line; raises ValueError for any other."""
        match parsed(line):
            case {"observation": content, "did": did, "seconds": int() | float() as seconds}:
                return cls(from_plain(content), texts(did), seconds)
        raise ValueError("not what a worker sends")


# --- a child and its watcher ----------------------------------------------------------------


@dataclass(frozen=True)
class CellsRan:
    """The cells have run; `lacking` is what makes a check needless."""

    lacking: Missing | Untouched | None

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps({"lacking": self.lacking and as_plain(self.lacking)})

    @classmethod
    def from_json(cls, line: bytes) -> "CellsRan":
        """Return it from its line; raises ValueError for any other."""
        match parsed(line):
            case {"lacking": None}:
                return cls(None)
            case {"lacking": content}:
                lacking = from_plain(content)
                if isinstance(lacking, Missing | Untouched):
                    return cls(lacking)
        raise ValueError("not what a child sends first")


@dataclass(frozen=True)
class Check:
    """So many bytes of code follow; who has run it knows the token."""

    size: int
    token: str

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, line: bytes) -> "Check":
        """Return it from its line."""
        return cls(**json.loads(line))


@dataclass(frozen=True)
class CheckRan:
    """What the check observed, and the names of what was replaced meanwhile."""

    token: str
    replaced: tuple[str, ...]
    observation: Seen | CheckBroken

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps({**vars(self), "observation": as_plain(self.observation)})

    @classmethod
    def from_json(cls, line: bytes) -> "CheckRan":
        """Return it from its line; raises ValueError for any other."""
        match parsed(line):
            case {"token": str(token), "replaced": replaced, "observation": content}:
                observation = from_plain(content)
                if isinstance(observation, Seen | CheckBroken):
                    return cls(token, texts(replaced), observation)
        raise ValueError("not what a child sends last")
