"""What a page is, and which pages belong with it: read from its folder and its stem."""

import os
import re
from dataclasses import dataclass
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

KINDS = {"book": "chapter", "notebooks": "lesson", "exercises": "exercise", "solutions": "solution"}
CHAPTER = re.compile(r"ch\d\d")
LAB = {"lesson": "/lab/tree/workspace/lessons/", "exercise": "/lab/tree/workspace/"}
DESCRIPTION_LENGTH = 160


@dataclass(frozen=True)
class Page:
    """One page of the course."""

    docname: str

    @property
    def stem(self) -> str:
        """The name of the file without its folder: ch01a_waiting."""
        return self.docname.rpartition("/")[2]

    @property
    def chapter(self) -> str:
        """The chapter it belongs to, ch01; empty for a page outside the chapters."""
        match = CHAPTER.match(self.stem)
        return match[0] if match else ""

    @property
    def kind(self) -> str:
        """chapter, lesson, exercise or solution; empty for any other page."""
        return KINDS.get(self.docname.partition("/")[0], "") if self.chapter else ""

    @property
    def lab_path(self) -> str:
        """Where the learner's own server opens it to be run; empty if it is not run."""
        return f"{LAB[self.kind]}{self.stem}.ipynb" if self.kind in LAB else ""


def companions(page: Page, docnames: list[str]) -> dict[str, list[str]]:
    """The other pages of the same chapter, by kind, in the order of their names."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS.values()}
    for other in map(Page, sorted(docnames)):
        if page.chapter and other.kind and other.chapter == page.chapter and other != page:
            found[other.kind].append(other.docname)
    return found


def first_paragraph(doctree: nodes.document) -> str:
    """The first paragraph of a page's own prose, shortened at a word."""
    for section in doctree.findall(nodes.section):
        for child in section.children:
            if isinstance(child, nodes.paragraph) and child.astext().strip():
                return shorten(" ".join(child.astext().split()))
    return ""


def shorten(text: str) -> str:
    """The text, or as many of its words as a search engine shows."""
    if len(text) <= DESCRIPTION_LENGTH:
        return text
    return text[: DESCRIPTION_LENGTH - 1].rpartition(" ")[0] + "…"


class NameAnswers(SphinxTransform):
    """Call every page of solutions "Answers: ...", whatever title it shares with its exercises."""

    default_priority = 210

    def apply(self) -> None:
        """Rewrite the title of a solutions page before anything reads it."""
        if Page(self.env.docname).kind != "solution":
            return
        for title in self.document.findall(nodes.title):
            subject = re.sub(r"^(Exercises?|Solutions?|Answers?)\b[:\s]*", "", title.astext())
            title.children = []
            title += nodes.Text(f"Answers: {subject}")
            return


def titled_links(env: BuildEnvironment, docnames: list[str]) -> list[tuple[str, str]]:
    """Pairs of docname and title, for the template to link."""
    return [(docname, env.titles[docname].astext()) for docname in docnames]


def describe_page(
    app: Sphinx, name: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Give the template the page's kind, its companions, its lab path and its description."""
    page = Page(name)
    context["page"] = page
    # Where tools.browser puts what runs a page in the reader's browser; not set in other builds.
    context["live"] = os.environ.get("LANTERN_LIVE", "")
    context["companions"] = {
        kind: titled_links(app.env, docnames)
        for kind, docnames in companions(page, list(app.env.found_docs)).items()
    }
    tags = context.get("metatags", "")
    if 'name="description"' not in tags:
        text = (doctree and first_paragraph(doctree)) or context["site_description"]
        context["metatags"] = f'{tags}<meta name="description" content="{escape(text)}">'


def setup(app: Sphinx) -> None:
    """Name the answers, and describe each page to its template."""
    app.add_transform(NameAnswers)
    app.connect("html-page-context", describe_page)
