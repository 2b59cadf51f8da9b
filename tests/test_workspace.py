"""The learner's copies: handed out, renewed while untouched, never written over."""

import json
from pathlib import Path

import pytest

from course import workspace
from course.failure import CannotContinue


def notebook(source: str, output: str = "42") -> str:
    """Return a notebook of one executed cell."""
    result = {
        "output_type": "execute_result",
        "execution_count": 7,
        "data": {"text/plain": [output]},
        "metadata": {},
    }
    cell = {
        "cell_type": "code",
        "id": "one",
        "source": [source],
        "execution_count": 7,
        "outputs": [result],
        "metadata": {"tags": ["predict"]},
    }
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1) + "\n"


@pytest.fixture
def course_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of one exercise and one lesson, with nothing handed out yet."""
    monkeypatch.setattr(workspace, "ROOT", tmp_path)
    monkeypatch.setattr(workspace, "WORKSPACE", tmp_path / "workspace")
    monkeypatch.setattr(workspace, "HANDED_OUT", tmp_path / "workspace" / ".handed_out.json")
    for folder, name in (("exercises", "ch01_loop"), ("notebooks", "ch01a_one")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.ipynb").write_text(notebook("6 * 7"))
    return tmp_path


@pytest.fixture
def exercise(course_folder: Path) -> Path:
    """The learner's copy of the exercise, as it was handed out."""
    assert workspace.hand_out() == []
    return course_folder / "workspace" / "ch01_loop.ipynb"


def held_back() -> list[str]:
    return [handout.name for handout in workspace.hand_out()]


def test_an_exercise_is_handed_out_as_it_is(course_folder: Path, exercise: Path) -> None:
    original = course_folder / "exercises" / "ch01_loop.ipynb"
    assert exercise.read_bytes() == original.read_bytes()


def test_a_lesson_is_handed_out_without_what_its_cells_gave(
    course_folder: Path, exercise: Path
) -> None:
    copy = json.loads((course_folder / "workspace" / "lessons" / "ch01a_one.ipynb").read_text())
    [cell] = copy["cells"]
    assert cell["outputs"] == []
    assert cell["execution_count"] is None
    assert (cell["source"], cell["metadata"]) == (["6 * 7"], {"tags": ["predict"]})


def test_the_reasons_below_a_prediction_are_folded_until_somebody_asks() -> None:
    lesson = json.loads(notebook("6 * 7"))
    [predicted] = lesson["cells"]
    predicted["metadata"]["tags"] = ["hide-output"]
    told = "**Why.** It is.\n\nIn two parts.\n\n**Change one thing.** Ask again.\n\n## Next"
    why = {"cell_type": "markdown", "id": "why", "metadata": {}, "source": [told]}
    elsewhere = {**why, "id": "elsewhere"}
    lesson["cells"] += [why, elsewhere]
    handed_out = json.loads(workspace.without_outputs(json.dumps(lesson).encode()))
    _, folded, open_ = (cell["source"] for cell in handed_out["cells"])
    begin, end = "<details><summary>Why</summary>\n\n", "\n\n</details>\n\n**Change one thing.**"
    assert folded.startswith(f"{begin}**Why.** It is.\n\nIn two parts.{end}")
    assert open_ == [told]


def test_the_code_of_a_cure_is_folded_where_the_reader_writes_one_first() -> None:
    lesson = json.loads(notebook("6 * 7"))
    lesson["cells"].append(
        {**lesson["cells"][0], "id": "cure", "metadata": {"tags": ["hide-input"]}}
    )
    handed_out = json.loads(workspace.without_outputs(json.dumps(lesson).encode()))
    shown, cure = (cell["metadata"].get("jupyter", {}) for cell in handed_out["cells"])
    assert (shown, cure) == ({}, {"source_hidden": True})


def test_a_copy_the_learner_changed_is_never_written_over(
    course_folder: Path, exercise: Path
) -> None:
    exercise.write_text("my answer")
    assert held_back() == []
    (course_folder / "exercises" / "ch01_loop.ipynb").write_text(notebook("newer"))
    assert held_back() == ["ch01_loop.ipynb"]
    assert exercise.read_text() == "my answer"


def test_an_untouched_copy_is_renewed_when_the_course_changes(
    course_folder: Path, exercise: Path
) -> None:
    original = course_folder / "exercises" / "ch01_loop.ipynb"
    original.write_text(notebook("newer"))
    assert held_back() == []
    assert exercise.read_text() == notebook("newer")
    original.write_text(notebook("newest"))
    assert held_back() == []
    assert exercise.read_text() == notebook("newest")


def test_new_outputs_of_a_lesson_do_not_make_a_newer_version(
    course_folder: Path, exercise: Path
) -> None:
    (course_folder / "workspace" / "lessons" / "ch01a_one.ipynb").write_text("my notes")
    (course_folder / "notebooks" / "ch01a_one.ipynb").write_text(notebook("6 * 7", "forty-two"))
    assert held_back() == []


def test_a_file_of_the_learners_own_under_the_same_name_stays(course_folder: Path) -> None:
    own = course_folder / "workspace" / "ch01_loop.ipynb"
    own.parent.mkdir()
    own.write_text("mine")
    assert held_back() == ["ch01_loop.ipynb"]
    assert own.read_text() == "mine"


def test_a_deleted_copy_comes_back(exercise: Path) -> None:
    exercise.unlink()
    assert held_back() == []
    assert exercise.exists()


def test_unreadable_notes_of_what_was_handed_out_cost_no_work(
    course_folder: Path, exercise: Path
) -> None:
    workspace.HANDED_OUT.write_text("{torn")
    exercise.write_text("my answer")
    assert held_back() == ["ch01_loop.ipynb"]
    assert exercise.read_text() == "my answer"


def test_a_kill_between_copy_and_note_is_forgiven(course_folder: Path, exercise: Path) -> None:
    workspace.HANDED_OUT.unlink()
    assert held_back() == []
    (course_folder / "exercises" / "ch01_loop.ipynb").write_text(notebook("newer"))
    assert held_back() == []
    assert exercise.read_text() == notebook("newer")


def test_a_write_that_is_cut_short_leaves_the_old_file(
    course_folder: Path, exercise: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(source: Path, target: Path) -> None:
        raise KeyboardInterrupt

    (course_folder / "exercises" / "ch01_loop.ipynb").write_text(notebook("newer"))
    monkeypatch.setattr(workspace.os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        workspace.hand_out()
    assert exercise.read_text() == notebook("6 * 7")


def test_reset_puts_a_fresh_copy_and_keeps_every_old_one(exercise: Path) -> None:
    exercise.write_text("first try")
    first = workspace.reset("ch01_loop")
    exercise.write_text("second try")
    second = workspace.reset("workspace/ch01_loop.ipynb")
    assert first == exercise.with_name("ch01_loop.before-reset-1.ipynb")
    assert second == exercise.with_name("ch01_loop.before-reset-2.ipynb")
    assert (first.read_text(), second.read_text()) == ("first try", "second try")
    assert exercise.read_text() == notebook("6 * 7")


def test_after_a_reset_the_copy_is_renewed_again(course_folder: Path, exercise: Path) -> None:
    exercise.write_text("first try")
    workspace.reset("ch01_loop")
    (course_folder / "exercises" / "ch01_loop.ipynb").write_text(notebook("newer"))
    assert held_back() == []
    assert exercise.read_text() == notebook("newer")


def test_reset_of_an_unknown_notebook_names_those_there_are(exercise: Path) -> None:
    with pytest.raises(CannotContinue, match=r"no notebook named ch99.*ch01_loop, ch01a_one"):
        workspace.reset("ch99")
