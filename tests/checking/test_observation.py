"""An observation is read back as it was written, and nothing else is taken for one."""

import json

import pytest

from course.checking.observation import (
    FORMAT,
    CheckBroken,
    Missing,
    Seen,
    Stopped,
    Untouched,
    as_plain,
    from_json,
    from_plain,
    to_json,
)

EVERY_KIND = [
    Seen({"calls": ["march.csv"], "report": {"ended": "returned", "value": None}}, 7),
    CheckBroken("KeyError: 'id'"),
    Missing(("sell", "refund"), "sel", ("The cell that begins with `1/0`: ZeroDivisionError.",)),
    Untouched(),
    Stopped("It had not finished after 15 s."),
]


@pytest.mark.parametrize("observation", EVERY_KIND, ids=lambda each: type(each).__name__)
def test_every_kind_is_read_back_as_it_was_written(observation):
    text = to_json(observation)
    assert "\n" not in text
    assert from_json(text) == observation


@pytest.mark.parametrize("observation", EVERY_KIND, ids=lambda each: type(each).__name__)
def test_each_field_is_needed_and_no_other_is_taken(observation):
    whole = as_plain(observation)
    for name in whole:
        with pytest.raises(ValueError, match="no observation"):
            from_plain({key: value for key, value in whole.items() if key != name})
    with pytest.raises(ValueError, match="no observation"):
        from_plain({**whole, "points": 3})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "null",
        "[]",
        '"seen"',
        json.dumps({"seen": {}, "errors": []}),
        json.dumps({**as_plain(Seen({}, 7)), "format": FORMAT + 1}),
        json.dumps({**as_plain(Seen({}, 7)), "kind": "right"}),
        json.dumps({**as_plain(Seen({}, 7)), "data": []}),
        json.dumps({**as_plain(Seen({}, 7)), "seed": "7"}),
        json.dumps({**as_plain(Stopped("")), "why": None}),
        json.dumps({**as_plain(EVERY_KIND[2]), "names": "sell"}),
        json.dumps({**as_plain(EVERY_KIND[2]), "errors": [1]}),
    ],
    ids=lambda text: text[:60],
)
def test_what_no_process_of_the_course_writes_is_refused(text):
    with pytest.raises(ValueError):
        from_json(text)
