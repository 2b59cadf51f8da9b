"""The book as PDF and EPUB: all of the site's text in a reader's order, and nothing to press."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from tests.lantern.test_picture import PICTURES
from tests.site.built import Built
from tools import book, epub
from tools.book import Book

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
OCF = "{urn:oasis:names:tc:opendocument:xmlns:container}"
OPF = "{http://www.idpf.org/2007/opf}"


@pytest.fixture(scope="module")
def composed(sample_site: Built) -> Book:
    """The sample book, sheet by sheet."""
    return book.compose(sample_site.html)


@pytest.fixture(scope="module")
def html(composed: Book, sample_site: Built) -> str:
    """The sample book as one page."""
    style = (sample_site.html / "_static" / "site.css").read_text("utf-8")
    return book.on_one_page(composed, style)


@pytest.fixture(scope="module")
def packed(composed: Book, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The sample book as an EPUB."""
    target = tmp_path_factory.mktemp("book") / "sample.epub"
    epub.write(composed, target)
    return zipfile.ZipFile(target)


@pytest.fixture(scope="module")
def sheets(packed: zipfile.ZipFile) -> dict[str, ElementTree.Element]:
    """What stands in each file of it, in the order in which it is read."""
    package = ElementTree.fromstring(packed.read("book.opf"))
    files = {item.get("id"): item.get("href") for item in package.iter(f"{OPF}item")}
    names = [files[item.get("idref")] for item in package.iter(f"{OPF}itemref")]
    return {name: ElementTree.fromstring(packed.read(name)) for name in names}


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


def test_a_picture_keeps_its_bars(html: str) -> None:
    assert BeautifulSoup(html, "html.parser").select(".lantern-picture rect.run")


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


def test_an_epub_begins_with_its_kind_and_lists_all_that_is_in_it(
    packed: zipfile.ZipFile, sheets: dict[str, ElementTree.Element]
) -> None:
    assert packed.testzip() is None
    first = packed.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert packed.read("mimetype") == b"application/epub+zip"
    (root,) = ElementTree.fromstring(packed.read("META-INF/container.xml")).iter(f"{OCF}rootfile")
    assert root.get("full-path") == "book.opf"
    listed = {
        item.get("href"): item.get("properties")
        for item in ElementTree.fromstring(packed.read("book.opf")).iter(f"{OPF}item")
    }
    rest = {"mimetype", "META-INF/container.xml", "book.opf"}
    assert {*packed.namelist()} == rest | {*listed} == rest | {*sheets} | {"style.css"}
    assert listed["contents.xhtml"] == "nav"
    drawn = {name for name, sheet in sheets.items() if sheet.find(f".//{SVG}svg") is not None}
    assert drawn == {name for name, properties in listed.items() if properties == "svg"} != set()


def test_its_links_lead_somewhere_and_it_has_nothing_to_press(
    sheets: dict[str, ElementTree.Element],
) -> None:
    places = {*sheets}
    for name, sheet in sheets.items():
        places |= {f"{name}#{each.get('id')}" for each in sheet.iter() if each.get("id")}
    links = {a.get("href") for sheet in sheets.values() for a in sheet.iter(f"{XHTML}a")}
    links -= {None}
    assert {link for link in links if "://" not in link} - places == set()
    assert any("#" in link and "://" not in link for link in links)
    tags = {each.tag.removeprefix(XHTML) for sheet in sheets.values() for each in sheet.iter()}
    assert tags.isdisjoint({"script", "style", "input", "button", "textarea", "details", "iframe"})


def test_its_pictures_are_those_of_a_phone_and_have_colours_of_their_own() -> None:
    figure = BeautifulSoup(f"<article>{PICTURES['pool'].html}</article>", "html.parser").article
    drawn = [*ElementTree.fromstring(epub.as_xhtml(figure, {})).iter(f"{SVG}svg")]
    shown = [(svg.get("class"), svg.get("display")) for svg in drawn]
    assert shown == [("wide", "none"), ("narrow", "block")]
    assert all(svg.get("viewBox") and svg.get("aria-label") for svg in drawn)
    patterns = [each for svg in drawn for each in svg.iter(f"{SVG}pattern")]
    assert [each.get("patternUnits") for each in patterns] == ["userSpaceOnUse"] * 2
    assert "var(" not in epub.style()


def test_in_it_a_prediction_stands_above_what_came_and_answers_at_the_end(
    sheets: dict[str, ElementTree.Element],
) -> None:
    texts = ["".join(sheet.itertext()) for sheet in sheets.values()]
    whole = "".join(texts)
    assert whole.index("the north lamp") < whole.index("south, then north")
    (answers,) = [text for text in texts if "The caller goes on when" in text]
    assert "Answers to the questions" in answers
