"""Statements as they are shown: without values, and the same for the same work."""

import functools
import re

LONGEST = 1000  # letters of a statement, and of its values
LITERAL = re.compile(r"'(?:[^']|'')*'?")
_VALUE = r"(?:\?|%s|(?:%\(\w+\)s|\$\d+|:\w+)(?:::[\w ]+)?)"
_VALUES = rf"\({_VALUE}(?:, {_VALUE})*\)"
MANY_VALUES = re.compile(rf"(?<=\bIN ){_VALUES}|{_VALUES}(?:, {_VALUES})+")


def shown(sql: str, with_values: bool) -> str:
    """Return a statement in one line; literals are left out, unless they are asked for."""
    return _shown(sql[:LONGEST], with_values)


@functools.lru_cache(500)
def _shown(sql: str, with_values: bool) -> str:
    words = sql if with_values else LITERAL.sub("'…'", sql)
    return MANY_VALUES.sub("(…)", " ".join(words.split()))


def shown_values(values: object) -> str:
    """Return the bound values of a statement, shortened."""
    told = repr(values)
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}…"
