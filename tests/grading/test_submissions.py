"""Each notebook that was handed in is found, named, and told what is wrong with it."""

import json
import zipfile
from pathlib import Path

import pytest

from course.failure import CannotContinue
from course.grading.handed_in import find_files
from course.grading.learners import Learner
from course.grading.submissions import Submission, read
from tests.grading.hostile import FILES, REFERENCE, STEM
from tools.answers import notebook_with

NOTEBOOK = notebook_with(STEM, REFERENCE)
CONTENTS = json.dumps(NOTEBOOK).encode()


def found(source: Path) -> dict[str, Submission]:
    return {path: read(path, load()) for path, load, _ in find_files(source)}


@pytest.mark.parametrize(
    ("path", "learner"),
    [
        ("ana/ch01_event_loop.ipynb", "ana"),
        ("ana_ch01_event_loop.ipynb", "ana"),
        ("ch01_event_loop_ana.ipynb", "ana"),
        ("ch01-ana.ipynb", "ana"),
        ("Ana Lopez_12345_assignsubmission_file_/ch01_event_loop.ipynb", "Ana Lopez"),
        ("lopezana_12345_67890_ch01_event_loop-1.ipynb", "lopezana"),
        ("lopezana_LATE_12345_67890_ch01_event_loop.ipynb", "lopezana"),
        ("ana.lopez@lantern.example/week 1/ch01_event_loop (2).ipynb", "ana.lopez@lantern.example"),
        ("submissions/ana_ch01.ipynb", "ana"),
        ("ch01_event_loop.ipynb", ""),
        ("submissions/ch01_event_loop.ipynb", ""),
    ],
)
def test_a_learner_is_told_by_folder_or_file_name(path: str, learner: str) -> None:
    submission = read(path, CONTENTS)
    assert submission.learner.name == learner
    assert bool(submission.remark) == (not learner)
    assert submission.stem == STEM
    assert not submission.problem


def test_a_learner_named_in_the_metadata_counts_where_nothing_else_names_one() -> None:
    named = json.dumps({**NOTEBOOK, "metadata": {"learner": "Ana"}}).encode()
    assert read("ch01_event_loop.ipynb", named).learner.name == "Ana"
    # Nobody hands in under the name of another.
    assert read("bo/ch01_event_loop.ipynb", named).learner.name == "bo"


def test_a_learner_named_on_the_command_line_comes_first() -> None:
    assert read("bo/ch01_event_loop.ipynb", CONTENTS, Learner("ana")).learner.name == "ana"


def test_a_renamed_notebook_without_tags_is_known_by_its_answers() -> None:
    cells = [{**cell, "metadata": {}} for cell in NOTEBOOK["cells"]]
    submission = read("ana/homework.ipynb", json.dumps({**NOTEBOOK, "cells": cells}).encode())
    assert submission.stem == STEM


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("empty file", "It is empty."),
        ("truncated JSON", "It ends in the middle"),
        ("no JSON", "It is no notebook: it can't be read as JSON."),
        ("a page in its place", "It is no notebook: it can't be read as JSON."),
        ("wrong nbformat", "It is in notebook format 3"),
        ("no cells", "its cells are missing or damaged"),
        ("damaged cells", "its cells are missing or damaged"),
        ("two hundred megabytes", "It has 200 MB, and 20 MB are the most."),
    ],
)
def test_a_file_that_is_no_notebook_is_told_why(tmp_path: Path, case: str, sentence: str) -> None:
    (tmp_path / "ana_ch01.ipynb").write_bytes(FILES[case])
    [submission] = found(tmp_path).values()
    assert sentence in submission.problem
    assert (submission.learner.name, submission.stem) == ("ana", STEM)


def test_a_notebook_of_something_else_is_told_so() -> None:
    other = json.dumps({"nbformat": 4, "metadata": {}, "cells": []}).encode()
    assert "It holds no exercise of this course" in read("ana/poem.ipynb", other).problem


def test_json_that_is_nested_without_end_is_refused() -> None:
    assert "It is no notebook" in read("ana/ch01.ipynb", b"[" * 200_000 + b"]}").problem


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(CONTENTS)
    handed_in = tmp_path / "handed in"
    handed_in.mkdir()
    try:
        (handed_in / "ana_ch01.ipynb").symlink_to(secret)
    except OSError:
        pytest.skip("this user may not make links here")
    [submission] = found(handed_in).values()
    assert "links are not followed" in submission.problem


def test_a_zip_is_read_as_the_folder_it_holds_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("class/../ana_ch01.ipynb", CONTENTS)
        file.writestr("bo/ch01_event_loop.ipynb", CONTENTS)
        file.writestr("bo/.ipynb_checkpoints/ch01_event_loop.ipynb", CONTENTS)
        file.writestr("__MACOSX/bo/ch01_event_loop.ipynb", b"")
        file.writestr("bomb/ch01.ipynb", b" " * 300_000_000)
        file.writestr("notes.txt", "hello")
    submissions = found(archive)
    assert set(submissions) == {
        "bo/ch01_event_loop.ipynb", "bomb/ch01.ipynb", "class/../ana_ch01.ipynb", "notes.txt",
    }  # fmt: skip
    assert "It has 300 MB" in submissions["bomb/ch01.ipynb"].problem
    assert not submissions["bo/ch01_event_loop.ipynb"].problem
    # Nothing is unpacked to the disk, so a path that climbs leads nowhere.
    assert list(tmp_path.iterdir()) == [archive]


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_source_without_notebooks_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotContinue, match=r"There is no"):
        find_files(tmp_path / name)


def test_files_of_results_have_safe_and_different_names() -> None:
    keys = {
        read(path, CONTENTS).key for path in ("../a/ch01.ipynb", "a/ch01.ipynb", "a b/ch01.ipynb")
    }
    assert len(keys) == 3
    assert not any("/" in key or " " in key for key in keys)
