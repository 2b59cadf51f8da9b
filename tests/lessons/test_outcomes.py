"""What can come of it? The keys of these questions are what `explore` finds in every order."""

import json
from collections.abc import Callable
from functools import cache

import pytest

from course.project import ROOT
from tests.lessons.outcomes import QUESTIONS
from tests.lessons.reader import at_the_end
from tools.site.quiz import Choice, read_choices

Ends = Callable[[str], dict[str, list[str]]]


def choices(question: str) -> list[Choice]:
    """Return the options of a question, from the page that asks it."""
    asked = f":::{{quiz}} {question}\n"
    (page,) = (text for text in pages() if asked in text)
    lines = page.partition(asked)[2].partition("\n:::")[0].splitlines()
    return read_choices([line for line in lines if not line.startswith(":")])[0]


@cache
def pages() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in (ROOT / "book").glob("ch*.md")]


@pytest.fixture(scope="module")
def ends() -> Ends:
    """Explores all that a lesson is asked about, once; the ends of each question."""

    def explored(lesson: str) -> dict[str, list[str]]:
        asked = {one: asked for one, asked in QUESTIONS.items() if asked.lesson == lesson}
        notebook = ROOT / "notebooks" / f"{lesson}.ipynb"
        said = at_the_end(notebook, (asked.code for asked in asked.values()))
        return {one: json.loads(told.said) for one, told in zip(asked, said, strict=True)}

    return cache(explored)


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_option_that_is_marked_right_is_the_only_end_that_an_order_comes_to(
    question: str, ends: Ends
) -> None:
    asked = QUESTIONS[question]
    possible = ends(asked.lesson)[question]
    found = {
        option: end in possible if isinstance(end, str) else end == set(possible)
        for option, end in asked.ends.items()
    }
    assert found == {choice.text: choice.right for choice in choices(question)}, possible
