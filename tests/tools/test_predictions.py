"""Predictions are read from a lesson, and what keeps one from being answered is told."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.notebook import read
from course.project import ROOT
from tools.predictions import Prediction, predictions_of, problems
from tools.run import dumps, run

ASKED = (
    "## Lamps\n\nTwo lamps.\n\n**Predict.** Which\none?\n\n- the north\n  lamp\n- the south lamp\n"
)
KEY = {"right": 2, "said": ["It is dark.", "It is lit."]}


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    cells = [
        new_markdown_cell(f"{ASKED}\nOurs are below.", id="lamps", metadata={"prediction": KEY}),
        new_code_cell("1 + 1", id="sum"),
        new_markdown_cell("**What do you suspect?** How many?", id="open"),
    ]
    path = tmp_path / "lesson.ipynb"
    path.write_text(dumps(new_notebook(cells=cells)), "utf-8")
    return path


def test_a_prediction_is_read_with_its_choices_and_what_is_said_of_them(lesson: Path) -> None:
    lamps, open_one = predictions_of(read(lesson))
    assert lamps == Prediction(
        "lamps", "Which one?", ("the north lamp", "the south lamp"), 2, tuple(KEY["said"])
    )
    assert open_one == Prediction("open", "How many?", (), 0, ())
    assert [*problems(lamps), *problems(open_one)] == []


@pytest.mark.parametrize(
    ("choices", "right", "said", "told"),
    [
        (("a", "b"), 0, ("It is.", "It is not."), "which of its 2 choices is right"),
        (("a", "b"), 3, ("It is.", "It is not."), "which of its 2 choices is right"),
        (("a", "b"), 1, ("It is.",), "has 2 choices and says something of 1"),
        (("a", "b"), 1, ("It is.", "It is."), "says the same of two choices"),
        (("a", "b"), 1, ("It is.", "No"), "says no sentence"),
        (("a", "b"), 1, ("It is.", "Very " * 30 + "long."), "says no sentence"),
        (("a", "a"), 1, ("It is.", "It is not."), "no two that say the same"),
        (
            ("an error", "lost without one"),
            1,
            ("It is.", "It is not."),
            "needs another one before it",
        ),
        (("a wait", "there is one"), 1, ("It is.", "It is not."), "needs another one before it"),
        (("not the ten", "nor the one either"), 1, ("A.", "B."), "needs another one before it"),
        (("before the answer", "after it"), 1, ("A.", "B."), "needs another one before it"),
        (("a",), 1, ("It is.",), "at least two choices"),
        ((), 1, (), "a key and no list"),
    ],
)
def test_what_keeps_a_prediction_from_being_answered_is_told(choices, right, said, told) -> None:
    (problem,) = problems(Prediction("lamps", "Which one?", choices, right, said))
    assert told in problem


def test_a_notebook_that_is_run_keeps_the_keys_of_its_predictions(lesson: Path) -> None:
    run(lesson)
    notebook = nbformat.read(lesson, as_version=4)
    assert notebook.cells[0].metadata.prediction == KEY
    assert notebook.cells[1].outputs


def test_the_keys_of_a_lesson_stand_in_no_text_that_a_notebook_shows() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        notebook = read(path)
        shown = json.dumps([cell["source"] for cell in notebook["cells"]], ensure_ascii=False)
        for asked in predictions_of(notebook):
            assert [said for said in asked.said if said in shown] == [], asked.cell
