"""What a verdict says, and what counts as untouched."""

from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import pytest

from course import check, hint
from course.checking import cell
from course.checking.exercise import (
    NOT_ATTEMPTED,
    RIGHT,
    STAR,
    WRONG,
    AsGiven,
    Broken,
    Exercise,
    Star,
    UnknownExercise,
    Unseen,
    every_exercise,
    find,
)
from course.checking.untouched import is_untouched

pytestmark = pytest.mark.anyio
T = TypeVar("T")


async def observe(case, answer):
    return {"said": answer}


def judge(case, seen):
    if seen["said"] == "both":
        yield Broken("first", "the same mistake")
        yield Broken("second", "the same mistake")
    if seen["said"] == "<script>":
        yield Broken("first", "it said <script>")
    if seen["said"] == "twice":
        yield Broken("first", "the cause")
        yield Broken("first", "its consequence")
    if seen["said"] == "star":
        yield Star("better than asked")
    if seen["said"] == "as given":
        yield from (Broken("first", "what it did"), Broken("second", "what it did"), AsGiven())
    if seen["said"] == "unseen":
        yield from (Unseen("second"), Broken("first", "the cause"))
    if seen["said"] == "typo":
        yield Broken("frist", "no such promise")


EXERCISE = Exercise(
    "ch99-ex1", "A title", ("know",), ("answer",), {"first": "one", "second": "two"}, ("h1", "h2"),
    observe, judge,
)  # fmt: skip


def test_every_promise_kept_is_a_point_and_a_message_stands_once():
    verdict = EXERCISE.verdict({"said": "both"}, 1)
    assert (verdict.state, verdict.points, verdict.of) == (WRONG, 0, 2)
    assert verdict.messages == ("the same mistake",)
    assert EXERCISE.verdict({"said": "fine"}, 1).state == RIGHT
    assert EXERCISE.verdict({"said": "twice"}, 1).messages == ("the cause",)


def test_a_promise_that_was_not_looked_at_is_no_point_and_no_mistake():
    verdict = EXERCISE.verdict({"said": "unseen"}, 1)
    assert (verdict.state, verdict.points, verdict.broken) == (WRONG, 0, ("first",))
    assert verdict.messages == ("the cause",)
    assert "  ○ not looked at yet: two" in repr(verdict)
    assert "<li>○ not looked at yet: two</li>" in verdict._repr_html_()
    star = EXERCISE.verdict({"said": "star"}, 1)
    assert (star.state, star.points, star.passed) == (STAR, 2, True)


def test_code_that_still_does_what_it_was_given_with_is_not_attempted_and_told_what_it_does():
    verdict = EXERCISE.verdict({"said": "as given"}, 1)
    assert (verdict.state, verdict.points) == (NOT_ATTEMPTED, 0)
    assert verdict.messages == ("what it did",)


def test_a_judge_that_breaks_an_unknown_promise_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="promises nothing called frist"):
        EXERCISE.verdict({"said": "typo"}, 1)


def test_a_verdict_reads_the_same_in_words_and_in_html_and_escapes_what_was_observed():
    verdict = EXERCISE.verdict({"said": "<script>"}, 1)
    assert repr(verdict).splitlines() == [
        "✗ ch99-ex1 A title: not yet, 1 of 2 points", "  ✓ two", "  ✗ it said <script>",
    ]  # fmt: skip
    html = verdict._repr_html_()
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert html.count("<details>") == 2
    assert '<p class="wrong"><strong>✗ ch99-ex1' in html
    assert '<li class="right">✓ two</li>' in html
    assert "<details>" not in EXERCISE.verdict({"said": "fine"}, 1)._repr_html_()


def not_written(path, build_report):
    """A docstring."""
    ...  # your turn


async def async_not_written(path):
    """A docstring."""
    ...  # your turn


class NotWritten(Generic[T]):
    """A docstring."""

    ...  # your turn


class Written:
    """A docstring."""

    size = 1


class WrittenElsewhere(Written):
    """A docstring."""


def written():
    return 1


async def calls():
    await observe(1)


@asynccontextmanager
async def not_written_with_a_decorator(engine):
    """A docstring."""
    ...  # your turn


@asynccontextmanager
async def written_with_a_decorator(engine):
    yield engine


STUBS = [
    not_written, async_not_written, not_written_with_a_decorator, NotWritten, ..., None, [...], [],
    {1: ..., 2: (..., ...)},
]  # fmt: skip


@pytest.mark.parametrize("answer", STUBS)
def test_the_stub_in_any_shape_is_untouched(answer):
    assert is_untouched(answer)


WRITTEN = [
    written,
    written_with_a_decorator,
    calls,
    Written,
    WrittenElsewhere,
    ["doors open"],
    {1: (..., 0)},
    0,
    lambda: print(),
]


@pytest.mark.parametrize("answer", WRITTEN)
def test_anything_that_does_something_is_not(answer):
    assert not is_untouched(answer)


async def test_check_says_how_it_wants_to_be_called():
    with pytest.raises(UnknownExercise, match="There is no exercise 'ch01-ex9'"):
        await check("ch01-ex9", written)
    with pytest.raises(TypeError, match='await check\\("ch01-ex2", report_async\\)'):
        await check("ch01-ex2")


async def test_only_a_notebook_in_the_workspace_counts_as_progress(tmp_path, monkeypatch):
    recorded = []
    monkeypatch.setattr(cell.progress, "record", recorded.append)
    monkeypatch.setattr(cell, "WORKSPACE", tmp_path / "workspace")
    (tmp_path / "workspace").mkdir()
    monkeypatch.chdir(tmp_path)
    await check("ch01-ex4", ["doors open"])
    assert recorded == []
    monkeypatch.chdir(tmp_path / "workspace")
    verdict = await check("ch01-ex4", ["doors open"])
    assert recorded == [verdict]


def test_hints_come_one_by_one_and_the_last_stays():
    first, last = hint("ch01-ex2"), hint("ch01-ex2", 99)
    assert first.startswith("Hint 1 of 3: ")
    assert last.startswith("Hint 3 of 3: ")


def test_every_exercise_is_complete():
    for stem, exercise in every_exercise():
        assert exercise.id.startswith(stem.split("_")[0] + "-ex")
        assert exercise.promises
        assert len(exercise.hints) >= 2
        assert find(exercise.id) == (stem, exercise)
