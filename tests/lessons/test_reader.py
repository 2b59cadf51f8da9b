"""What a change does beside its *What to expect* is noticed, and told in a sentence."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.lessons.reader import Change, Outcome, asked_in, misplaced, read_through, unkept

ASKED = """**Change one thing.**
Write 3 in place of 2.

<details><summary>What to expect</summary>

Nine, since three threes
are nine.

</details>
"""
NINE = Change({"three threes are nine": "9"}, edits={"first": {"n = 2": "n = 3"}}, again=("then",))


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    cells = [
        new_code_cell("n = 2\nm = 2", id="first"),
        new_code_cell("print(n * n)", id="then"),
        new_markdown_cell(f"**Why.** It is.\n\n{ASKED}", id="asked"),
        new_code_cell("n", id="below"),
    ]
    path = tmp_path / "lesson.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Outcome("9", ()), []),
        (Outcome("4", ()), ["For 'three threes are nine' the outputs must say '9'; they say: 4"]),
        (
            Outcome("9 NameError: m", ("NameError: m",)),
            ["An error came that *What to expect* does not name: NameError: m"],
        ),
    ],
)
def test_what_the_outputs_do_not_keep_is_told(outcome: Outcome, told: list[str]) -> None:
    assert list(unkept(NINE, ASKED, outcome)) == told


def test_a_promise_that_is_no_longer_made_and_a_word_that_must_not_come_are_told() -> None:
    change = Change({"Eight": "9"}, never=("seven",))
    lost, said = unkept(change, ASKED, Outcome("9, and seven", ()))
    assert lost.startswith("*What to expect* does not say 'Eight'; it says: Nine, since")
    assert said == "The outputs must not say 'seven'; they say: 9, and seven"


def test_an_edit_that_its_lesson_has_no_place_for_is_told(lesson: Path) -> None:
    assert list(misplaced(NINE, lesson)) == []
    change = Change({}, edits={"first": {"2": "3", "k": "n"}}, again=("nowhere",))
    assert list(misplaced(change, lesson)) == [
        "lesson.ipynb has no cell nowhere.",
        "'2' stands 2 times in cell first; an edit needs it there once.",
        "'k' stands 0 times in cell first; an edit needs it there once.",
    ]


@pytest.mark.slow
def test_a_lesson_is_read_with_its_changes_and_what_they_leave_behind(lesson: Path) -> None:
    assert list(asked_in(lesson)) == ["asked"]
    found = read_through(lesson, {"asked": NINE})
    assert list(found) == ["below"]
    assert found["below"][0].startswith("After asked, below differs")
