"""The book on paper: all of the site's text in a reader's order, and nothing to press."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from tests.site.built import Built
from tools import book


@pytest.fixture(scope="module")
def html(sample_site: Built) -> str:
    """The sample book as one page."""
    return book.compose(sample_site.html)


def test_lessons_come_before_exercises_questions_and_then_answers(html: str) -> None:
    titles = [each.get_text() for each in BeautifulSoup(html, "html.parser").select("h1, h2")]
    order = ["Who holds", "Cells of", "Exercises: keep", "Questions", "Answers to", "Answers: "]
    places = [next(n for n, t in enumerate(titles) if t.startswith(words)) for words in order]
    assert places == sorted(places), titles


def test_there_is_nothing_to_press_and_every_link_inside_has_a_target(html: str) -> None:
    soup = BeautifulSoup(html, "html.parser")
    assert soup.select("input, button, textarea, script, details") == []
    names = {each["id"] for each in soup.select("[id]")}
    links = [each["href"] for each in soup.select("a[href]")]
    assert [link for link in links if link.startswith("#") and link[1:] not in names] == []
    assert [link for link in links if not link.startswith(("#", "http"))] == []


def test_which_choice_is_right_stands_at_the_end_alone(html: str) -> None:
    questions, _, answers = html.partition("<h1>Answers to the questions</h1>")
    why = "The caller goes on when"
    assert why not in questions
    assert why in answers


def test_a_prediction_stands_above_what_came(html: str) -> None:
    text = BeautifulSoup(html, "html.parser").get_text()
    assert text.index("the north lamp") < text.index("south, then north")


def test_chromium_prints_it_with_bookmarks(html: str, browser: Browser, tmp_path: Path) -> None:
    data = book.printed(browser, html)
    assert data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", data)) > 4
    assert b"/Outlines" in data
