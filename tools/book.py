"""Make a PDF and an EPUB of the whole book: `python -m tools.book`.

It is the site's own pages in the order in which a reader takes them: pictures as they are drawn,
each prediction above what came, answers and solutions at the end, and nothing to press. Chromium
prints it, and tools.epub packs it.
"""

import os
import posixpath
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, Error, sync_playwright

from course.failure import CannotContinue
from course.project import ROOT
from tools import epub
from tools.driver.chromium import launch

BOOK = ROOT / "_build" / "book" / "the-lantern.pdf"
EPUB = BOOK.with_suffix(".epub")
# What is for a screen, or for a reader who sits before one.
TO_PRESS = (
    ".companions, div.run, script, .headerlink, .quiz-tools, .quiz-verdict, .quiz-overview, "
    ".error-box, .error-jumps, .answer-notice, .evening, .lantern-picture details, input, "
    "a.button, .place"
)
# Words of code in the colour of all code. Each would be a node of the PDF's structure, by which
# screen readers read it: half of its bytes.
UNMARKED = ".highlight :is(.n, .p, .w, span:empty), code > .pre"
# Pages that are of no use on paper.
ON_SCREEN = ("evening", "browser", "diagnosis")
PAPER = """
body { background: none; font-size: 10.5pt; line-height: 1.45; }
article { display: block; }
table { box-shadow: none !important; }  /* printed as an image of its own for each */
article.sheet { break-before: page; min-height: 0; padding: 0; }
article section > :is(p, ul, ol, dl) { max-width: none; }
.cover { text-align: center; padding-top: 40%; }
.cover h1::after { margin-inline: auto; }
.book-contents { columns: 2; column-gap: 2rem; }
.book-contents ul { list-style: none; padding-left: 1rem; }
.book-contents > ul { padding: 0; }
.book-contents > ul > li { break-inside: avoid; }
fieldset.quiz { padding: 0 1rem 0.6rem; margin: 1rem 0; }
.quiz-option { padding: 0.15rem 0; }
.quiz-option::before { content: "\\2610\\a0\\a0"; }
.quiz-option span { display: inline; }
a { color: inherit; }
.highlight pre { background: var(--lantern-code); }
.fold { border-left: 1px dashed #888; padding-left: 0.8rem; }
"""
FOOT = """<div style="font-size:8px;width:100%;text-align:center;color:#555">
<span class="pageNumber"></span></div>"""


@dataclass(frozen=True)
class Entry:
    """A line of the contents: its name, the place that it leads to, and the lines below it."""

    name: str
    anchor: str
    inside: list["Entry"] = field(default_factory=list)


@dataclass(frozen=True)
class Book:
    """The sheets of the book in a reader's order, and its contents."""

    sheets: list[Tag]
    contents: list[Entry]


def main() -> None:
    """Build the site, and make both of it."""
    with tempfile.TemporaryDirectory() as work:
        site = built_site(Path(work))
        book = compose(site)
        BOOK.parent.mkdir(parents=True, exist_ok=True)
        epub.write(book, EPUB)
        html = on_one_page(book, (site / "_static" / "site.css").read_text("utf-8"))
        try:
            with sync_playwright() as playwright, launch(playwright) as browser:
                BOOK.write_bytes(printed(browser, html))
        except Error as problem:
            reason = str(problem).splitlines()[0]
            raise CannotContinue(f"Chromium could not print the book: {reason}") from problem
    print(f"The book is in {BOOK.relative_to(ROOT)} and {EPUB.relative_to(ROOT)}.")


def built_site(folder: Path) -> Path:
    """Build the site into a folder, and return where its pages are; raises CannotContinue."""
    command = [sys.executable, "-m", "tools.site", ".", "--path-output", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    if done.returncode:
        raise CannotContinue(f"The site could not be built:\n{(done.stdout + done.stderr)[-3000:]}")
    return folder / "_build" / "html"


def printed(browser: Browser, html: str) -> bytes:
    """Return the page as a PDF, with its headings as bookmarks."""
    with browser.new_page() as page:
        page.set_content(html)
        page.emulate_media(media="print", color_scheme="light")
        return page.pdf(
            format="A4", outline=True, tagged=True, print_background=True,
            display_header_footer=True, header_template="<span></span>", footer_template=FOOT,
            margin={"top": "16mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
        )  # fmt: skip


def on_one_page(book: Book, style: str) -> str:
    """Return the whole book as one page without a script."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The Lantern</title>'
        f"<style>{style}{PAPER}</style></head>"
        f'<body data-theme="light"><div class="cover"><h1>{epub.TITLE}</h1><p>{epub.SUBTITLE}</p>'
        f'</div><article class="sheet"><h1>Contents</h1><nav class="book-contents">'
        f"{listed(book.contents)}</nav></article>{''.join(map(str, book.sheets))}</body></html>"
    )


def listed(entries: list[Entry]) -> str:
    """The contents as a list in a list, each line leading to its place."""
    lines = "".join(
        f'<li><a href="#{entry.anchor}">{entry.name}</a>'
        f"{listed(entry.inside) if entry.inside else ''}</li>"
        for entry in entries
    )
    return f"<ul>{lines}</ul>"


def compose(site: Path) -> Book:
    """Return the book that a site is."""
    front = soup_of(site / "index.html")
    links = front.select(".sidebar-tree .toctree-l1")
    bodies: list[Tag] = [article(site, "index.html", front)]
    contents, answers, solutions = [], [], []
    for link in links:
        (first, *inside) = [str(each["href"]) for each in link.select("a")]
        if Path(first).stem in ON_SCREEN:
            continue
        chapter = article(site, first)
        name = link.a.get_text(" ", strip=True)
        if not inside:
            bodies.append(chapter)
            contents.append(Entry(name, anchor(first)))
            continue
        *lessons, solution = inside
        questions = split(chapter, "questions")
        bodies += [chapter, *(article(site, each) for each in lessons), questions]
        answers.append((name, list(right_answers(questions))))
        solutions.append(article(site, solution))
        inside = [Entry(titled(site, each), anchor(each)) for each in lessons]
        contents.append(Entry(name, anchor(first), inside))
    contents.append(Entry("Answers to the questions", anchor("answers.html")))
    if solutions:
        contents.append(Entry("Solutions", str(solutions[0]["id"])))
    every = BeautifulSoup("", "html.parser").new_tag("div")
    every.extend([*bodies, answers_page(answers), *solutions])
    for each in every.select(".quiz-why"):
        each.decompose()
    leave_dead_links(every)
    return Book(every.find_all("article", recursive=False), contents)


def soup_of(file: Path) -> BeautifulSoup:
    """A page as elements."""
    return BeautifulSoup(file.read_text("utf-8"), "html.parser")


def titled(site: Path, page: str) -> str:
    """The title that stands on a page."""
    title = soup_of(site / page).h1
    return title.get_text().rstrip("#") if title else page


def article(site: Path, page: str, soup: BeautifulSoup | None = None) -> Tag:
    """The text of a page, with nothing to press, and its names and links made the book's own."""
    text = (soup or soup_of(site / page)).select_one("article")
    if text is None:
        raise CannotContinue(f"{page} has no text.")
    for each in text.select(TO_PRESS):
        each.decompose()
    for each in text.select(UNMARKED):
        each.unwrap()
    text.smooth()
    for fold in text.select("details:not(.quiz-why)"):
        fold.name = "div"
        if fold.summary and "fold" in fold.get("class", []):
            fold.summary.decompose()
        elif fold.summary:
            fold.summary.name = "strong"
    for each in text.select("[id]"):
        if not each.find_parent("svg"):
            each["id"] = anchor(page, str(each["id"]))
    for link in text.select("a[href]"):
        link["href"] = target(page, str(link["href"]))
    for label in text.select(".quiz-option label"):
        label.unwrap()
    text.name, text.attrs = "article", {"class": "sheet", "id": anchor(page)}
    return text


def anchor(page: str, name: str = "") -> str:
    """What a place of a page is called in the book."""
    return f"{page.removesuffix('.html')}--{name}".replace("/", "-")


def target(page: str, link: str) -> str:
    """Where a link of a page leads to in the book."""
    if "://" in link or link.startswith("mailto:"):
        return link
    path, _, name = link.partition("#")
    to = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    return f"#{anchor(to, name)}"


def split(chapter: Tag, name: str) -> Tag:
    """Take out of a chapter what stands from a heading on, and return it as an article."""
    later = BeautifulSoup("", "html.parser").new_tag("article", attrs={"class": "sheet"})
    start = chapter.select_one(f'[id$="--{name}"]')
    if start:
        later.extend([start, *list(start.find_next_siblings())])
    return later


def leave_dead_links(book: Tag) -> None:
    """Let what leads to a page that is not in the book be words."""
    names = {each["id"] for each in book.select("[id]")}
    for link in book.select('a[href^="#"]'):
        if str(link["href"])[1:] not in names:
            link.unwrap()


def right_answers(questions: Tag) -> Iterator[tuple[str, str, str]]:
    """Yield each question of a chapter, its right answer, and why it is."""
    for question in questions.select("fieldset.quiz"):
        right = question.select_one('.quiz-option:has([data-verdict="right"])')
        why = right.select_one(".quiz-words")
        why.select_one(".quiz-result").decompose()
        asked = question.legend
        place = asked.select_one(".quiz-place").get_text()
        yield place, right.span.decode_contents(), why.decode_contents()


def answers_page(answers: list[tuple[str, list[tuple[str, str, str]]]]) -> Tag:
    """The right answers of all chapters."""
    parts = ['<article class="sheet" id="answers--"><h1>Answers to the questions</h1>']
    for name, those in answers:
        parts.append(f"<h2>{name}</h2>")
        parts += [f"<p><b>{place}.</b> {said}</p>{why}" for place, said, why in those]
    return BeautifulSoup("".join([*parts, "</article>"]), "html.parser").article


if __name__ == "__main__":
    try:
        main()
    except CannotContinue as problem:
        sys.exit(str(problem))
