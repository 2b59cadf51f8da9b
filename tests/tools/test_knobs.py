"""A line that is meant as a knob and is none is told what is wrong with it."""

import pytest

from tools.knobs import problems

SOUND = [
    "guests = 6  # knob: 1 to 60",
    "change = -2  # knob: -5 to 5",
    "seconds = 0.2  # knob: 0.0 to 0.5",
    'way = "a"  # knob: "a", "b"',
    "kept = True  # knob: True, False",
    "guests = 6  # knob: 1 to 60\nsize = 5  # knob: 1 to 20\nprint(guests, '# knob')",
    "door = knob = 6  # a line like any other",
]
WRONG = {
    "guests = 61  # knob: 1 to 60": "stands at 61, outside of 1 to 60",
    "guests = many()  # knob: 1 to 60": "stands at many(), which is no literal",
    "guests = '6'  # knob: 1 to 60": "stands at '6', outside of 1 to 60",
    "guests = 6  # knob: 60 to 1": "goes from 60 to 1, which is no way up",
    "guests = 6  # knob: 1-60": "offers 1-60, neither a range",
    "seconds = 0.25  # knob: 0.0 to 0.5": "all with as many decimals",
    'way = "c"  # knob: "a", "b"': 'stands at "c", which is none of "a", "b"',
    'way = "a"  # knob: "a", b': "offers b, neither a range",
    'way = "a"  # knob: "a"': "offers less than two choices",
    "guests = 6  # knob 1 to 60": "is no line like",
    "guests = 6 # knob: 1 to 60": "is no line like",
    "if True:\n    guests = 6  # knob: 1 to 60": "is no line like",
    "guests = 6  # knob: 1 to 60\nguests = 7  # knob: 1 to 60": "has two knobs guests",
}


@pytest.mark.parametrize("code", SOUND)
def test_a_knob_that_can_be_turned_has_no_problem(code: str) -> None:
    assert list(problems(code)) == []


@pytest.mark.parametrize(("code", "told"), WRONG.items())
def test_a_malformed_knob_is_told_in_a_sentence(code: str, told: str) -> None:
    (problem,) = problems(code)
    assert told in problem
    assert problem.endswith(".")
