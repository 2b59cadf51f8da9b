"""Write the book of tools.book as an EPUB: its sheets as XHTML, its contents, a style of its own.

Readers of EPUBs bring their own fonts, colours and widths, and many know no variables of CSS. So
the style is short, pictures have their colours written out on a ground of their own, and the
drawing for a phone is shown where nothing says that there is room for the other.
"""

import copy
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import yaml
from bs4 import Comment, Tag
from pygments.formatters import HtmlFormatter

from course.project import ROOT
from lantern.pictures.figure import LIGHT, MARKS

if TYPE_CHECKING:
    from tools.book import Book, Entry

TITLE, SUBTITLE = "The Lantern", "From the event loop to database sessions you can trust"
# A parser of HTML writes all names in small letters, and XML tells them apart.
SPELLED = {name.lower(): name for name in ("viewBox", "patternUnits", "patternTransform")}
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
STYLE = """
body { line-height: 1.45; }
pre { white-space: pre-wrap; overflow-wrap: break-word; font-size: 0.85em; }
.highlight pre { padding: 0.5em 0.7em; border: 1px solid #999; }
.fold { border-left: 1px dashed #888; padding-left: 0.8em; }
table { border-collapse: collapse; }
th, td { border: 1px solid #999; padding: 0.2em 0.4em; text-align: left; vertical-align: top; }
fieldset.quiz { margin: 1em 0; padding: 0 1em 0.6em; border: 1px solid #999; }
.quiz-place { display: block; font-size: 0.85em; }
.quiz-option { padding: 0.15em 0; }
.quiz-option::before { content: "\\2610\\a0\\a0"; }
nav ol { list-style: none; padding-left: 1.2em; }
.cover { text-align: center; padding-top: 30%; }
figure.lantern-picture { margin: 1em 0; padding: 0.5em; background: #fff; }
.lantern-picture .narrow { display: block; width: 100%; max-width: 28em; }
.lantern-picture .wide { display: none; }
@media (min-width: 760px) {
  .lantern-picture .narrow { display: none; }
  .lantern-picture .wide { display: block; }
}
"""
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>
"""
PACKAGE = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="book">urn:lantern:{modified}</dc:identifier>
<dc:title>{title}</dc:title><dc:language>en</dc:language>
<dc:creator>The authors of The Lantern</dc:creator>
<meta property="dcterms:modified">{modified}</meta>
</metadata>
<manifest><item id="style" href="style.css" media-type="text/css"/>{items}</manifest>
<spine>{spine}</spine></package>
"""
PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" \
xml:lang="en"><head><meta charset="utf-8"/><title>{title}</title>\
<link rel="stylesheet" type="text/css" href="style.css"/></head><body>{body}</body></html>
"""


def write(book: "Book", target: Path) -> None:
    """Write the book to a file; raises ElementTree.ParseError for a sheet that is no XML."""
    pages = dict(pages_of(book))
    for page in pages.values():
        ElementTree.fromstring(page)
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        files = {"META-INF/container.xml": CONTAINER, "book.opf": package(pages), **pages}
        for name, text in {**files, "style.css": style()}.items():
            packed.writestr(name, text, zipfile.ZIP_DEFLATED, 9)


def pages_of(book: "Book") -> Iterator[tuple[str, str]]:
    """Yield the name of each file, and what stands in it, in a reader's order."""
    files = [f"sheet-{number:03}.xhtml" for number in range(1, len(book.sheets) + 1)]
    place = {
        str(each["id"]): file
        for file, sheet in zip(files, book.sheets, strict=True)
        for each in (sheet, *sheet.select("[id]"))
        if each.get("id")
    }
    cover = f'<div class="cover"><h1>{TITLE}</h1><p>{SUBTITLE}</p></div>'
    yield "cover.xhtml", PAGE.format(title=TITLE, body=cover)
    contents = (
        f'<nav epub:type="toc" id="toc"><h1>Contents</h1>{listed(book.contents, place)}</nav>'
    )
    yield "contents.xhtml", PAGE.format(title="Contents", body=contents)
    for file, sheet in zip(files, book.sheets, strict=True):
        title = sheet.find(["h1", "h2"])
        name = escape(title.get_text(" ", strip=True)) if title else TITLE
        yield file, PAGE.format(title=name, body=as_xhtml(sheet, place))


def as_xhtml(sheet: Tag, place: dict[str, str]) -> str:
    """Return a sheet as XML, its links leading to the files that their targets stand in."""
    sheet = copy.copy(sheet)
    for each in sheet.find_all(string=lambda text: isinstance(text, Comment)):
        each.extract()
    for link in sheet.select('a[href^="#"]'):
        link["href"] = f"{place[link['href'][1:]]}{link['href']}"
    for part in sheet.select("svg, svg *"):
        part.attrs = {SPELLED.get(name, name): value for name, value in part.attrs.items()}
    for drawing in sheet.select("svg"):
        drawing["xmlns"] = "http://www.w3.org/2000/svg"
    for drawing in sheet.select(".lantern-picture svg"):
        drawing["display"] = "none" if "wide" in drawing.get("class", ()) else "block"
    return NOT_IN_XML.sub("", sheet.decode(formatter="minimal"))


def listed(entries: list["Entry"], place: dict[str, str]) -> str:
    """Return the contents as a list in a list."""
    lines = [
        f'<li><a href="{place[entry.anchor]}#{entry.anchor}">{escape(entry.name)}</a>'
        f"{listed(entry.inside, place) if entry.inside else ''}</li>"
        for entry in entries
    ]
    return f"<ol>{''.join(lines)}</ol>"


def package(pages: dict[str, str]) -> str:
    """Return the list of all files, with what a reader has to know of each."""
    items, spine = [], []
    for number, (name, text) in enumerate(pages.items()):
        told = ["nav"] if name == "contents.xhtml" else []
        told += ["svg"] if "<svg" in text else []
        properties = f' properties="{" ".join(told)}"' if told else ""
        items.append(
            f'<item id="p{number}" href="{name}" media-type="application/xhtml+xml"{properties}/>'
        )
        spine.append(f'<itemref idref="p{number}"/>')
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return PACKAGE.format(title=TITLE, modified=now, items="".join(items), spine="".join(spine))


def style() -> str:
    """Return the stylesheet, with the colours of code and of pictures."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    code = HtmlFormatter(style=settings["sphinx"]["config"]["pygments_style"])
    colours = dict(each.split(":") for each in LIGHT.split(";"))
    pictures = re.sub(r"var\((--[\w-]+)\)", lambda found: colours[found[1]], MARKS)
    return f"{code.get_style_defs('.highlight')}\n{pictures}\n{STYLE}"
