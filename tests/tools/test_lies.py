"""The page Where SQLite lies: what it says was said by a run, and is said today."""

import re
import sys
from importlib.metadata import version

import pytest

from course.project import ROOT
from tools.cards import FORM, blocks
from tools.lies import HOUSES, stored
from tools.lies.asking import ask, scripts
from tools.site.differences import labelled

PAGE = (ROOT / "book" / "lies.md").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="it has no server of its own")
@pytest.mark.parametrize("house", HOUSES)
def test_each_house_says_today_what_the_page_says(house: str) -> None:
    assert ask(house) == {
        name: answers[house] for name, answers in stored().items() if house in answers
    }


def test_each_difference_on_the_page_has_its_script_and_each_script_its_difference() -> None:
    named = re.findall(r"(?m)^:asked: (\w+)$", PAGE)
    assert sorted(named) == sorted(scripts())
    assert PAGE.count(":::{difference}") == len(named)


def test_what_an_error_is_said_to_be_on_postgresql_was_said_by_a_run() -> None:
    said = {plain(text) for answers in stored().values() for text in answers.values()}
    claimed = [
        plain(form)
        for block in blocks(ROOT)
        if block.page < "book/ch08" and "On PostgreSQL" in block.parts.get("Also", "")
        for form in FORM.findall(block.parts["Also"])
        if form.startswith("sqlalchemy.")
    ]
    assert len(claimed) > 4
    assert [form for form in claimed if not any(form in text for text in said)] == []


def plain(text: str) -> str:
    """A message without its driver's class and without its names."""
    return re.sub(r'"[^"]*"', '"…"', re.sub(r"\([\w.]+\) ", "", text))


def test_the_page_names_the_versions_that_answered() -> None:
    for name in ("SQLAlchemy", "aiosqlite", "asyncpg", "psycopg"):
        assert f"{name} {version(name).rpartition('.')[0]}" in PAGE


def test_houses_that_agree_share_a_line() -> None:
    alike = {"SQLite": "a", "as shipped": "a", "asyncpg": "a", "psycopg": "a"}
    assert list(labelled(alike)) == [("All", "a")]
    assert list(labelled(alike | {"asyncpg": "b", "psycopg": "b"})) == [
        ("SQLite", "a"),
        ("PostgreSQL", "b"),
    ]
    assert list(labelled({"SQLite": "a", "as shipped": "c", "asyncpg": "b", "psycopg": "d"})) == [
        ("SQLite", "a"),
        ("SQLite as shipped", "c"),
        ("PostgreSQL, asyncpg", "b"),
        ("PostgreSQL, psycopg", "d"),
    ]
