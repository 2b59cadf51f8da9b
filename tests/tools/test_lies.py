"""The page Where SQLite lies: what it says was said by a run, and is said today."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from course.notebook import read, source
from course.project import ROOT
from tools.cards import FORM, blocks
from tools.lies import HOUSES, stored
from tools.lies.asking import ask, scripts
from tools.site.differences import labelled

PAGE = (ROOT / "book" / "lies.md").read_text("utf-8")
POSTGRESQL = re.compile(r"PostgreSQL|asyncpg|psycopg")
LINK = re.compile(r"\[[^\]]*\]\([^)]*\blies\.md(?:#(\w+))?\)")
RECORDED = re.compile(r"recorded\b", re.I)
OPTION = re.compile(r"^:recorded:(.*)$", re.M)


def chapters() -> Iterator[tuple[Path, str]]:
    """Every page and lesson of the chapters on SQLite, a paragraph each."""
    for path in sorted((ROOT / "book").glob("ch0[0-7]_*.md")):
        yield from ((path, each) for each in path.read_text("utf-8").split("\n\n"))
    for path in sorted((ROOT / "notebooks").glob("ch0[0-7][a-z]_*.ipynb")):
        for cell in read(path)["cells"]:
            if cell["cell_type"] == "markdown":
                yield from ((path, each) for each in source(cell).split("\n\n"))


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


def test_what_a_chapter_says_was_recorded_of_postgresql_leads_to_its_difference() -> None:
    bare = []
    for path, paragraph in chapters():
        # An option of an error block says it with its name.
        said = OPTION.sub(
            lambda option: option[1] if LINK.search(option[1]) else option[0], paragraph
        )
        if POSTGRESQL.search(said) and RECORDED.search(LINK.sub("", said)):
            bare.append(f"{path.name}: {paragraph}")
    assert bare == []


def test_each_link_into_the_page_leads_to_a_difference() -> None:
    names = {name for _, paragraph in chapters() for name in LINK.findall(paragraph)} - {""}
    assert len(names) > 20
    assert names <= stored().keys()


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
