"""Knobs of a lesson: values that a reader of the page turns, and the cell runs again.

A knob is a comment behind an assignment at the left margin: `guests = 6  # knob: 1 to 60`,
`seconds = 0.2  # knob: 0.0 to 0.5` in steps of the last digit, `kept = True  # knob: True, False`
for a choice. Anywhere but in a live page it is the line that it is. `static/knobs.js` draws it.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from decimal import Decimal

MARK = "# knob:"
LINE = re.compile(r"(?P<name>[A-Za-z_]\w*) = (?P<value>\S.*?)  # knob: (?P<range>\S.*)")
NUMBER = r"-?\d+(?:\.\d+)?"
RANGE = re.compile(rf"({NUMBER}) to ({NUMBER})")


def has_knob(code: str) -> bool:
    """Tell whether a cell says that it has a knob."""
    return MARK in code


def problems(code: str) -> Iterator[str]:
    """Yield a sentence for whatever keeps a line that is meant as a knob from being one."""
    if "knob" not in code:
        return
    names = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT and re.match(r"#\s*knob\b", token.string):
            found = LINE.fullmatch(token.line.rstrip("\n"))
            if found is None:
                yield f"{token.line.strip()!r} is no line like `guests = 6  # knob: 1 to 60`."
                continue
            names.append(found["name"])
            if problem := _problem(found["value"], found["range"]):
                yield f"the knob {found['name']} {problem}"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"it has two knobs {name}."


def _problem(value: str, offered: str) -> str:
    """What is wrong with what stands before a knob and behind it; empty if nothing is."""
    if not _is_literal(value):
        return f"stands at {value}, which is no literal."
    if numbers := RANGE.fullmatch(offered):
        low, high = map(Decimal, numbers.groups())
        if low >= high:
            return f"goes from {low} to {high}, which is no way up."
        if not re.fullmatch(NUMBER, value) or not low <= Decimal(value) <= high:
            return f"stands at {value}, outside of {offered}."
        if len({-_exponent(Decimal(number)) for number in (value, *numbers.groups())}) > 1:
            return f"has {value} and {offered}: all with as many decimals, which are its steps."
        return ""
    choices = offered.split(", ")
    if strange := [choice for choice in choices if not _is_literal(choice)]:
        return f"offers {strange[0]}, neither a range like `1 to 60` nor a literal."
    if len(choices) < 2 or len({*choices}) < len(choices):
        return "offers less than two choices, or one of them twice."
    return "" if value in choices else f"stands at {value}, which is none of {offered}."


def _exponent(number: Decimal) -> int:
    return int(number.as_tuple().exponent)


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True
