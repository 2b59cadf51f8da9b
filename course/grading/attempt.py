"""The rules by which one of several notebooks is chosen; imported by the command line."""

from enum import StrEnum


class Attempt(StrEnum):
    """Which of a learner's notebooks for a chapter counts."""

    BEST = "best"
    LAST = "last"
    IN_TIME = "in-time"
