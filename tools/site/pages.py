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
# In the tree of the sidebar; the page that is shown leads to itself.
CHAPTER_LINK = re.compile(
    r'(<li class="toctree-l1[^"]*"><a class="[^"]*" href="(?:[^"#]*(ch\d\d_\w+)\.html|#)">)'
    r"(.*?)</a>"
)


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
    def number(self) -> str:
        """Its chapter in words that a reader says: Chapter 1; empty outside the chapters."""
        return f"Chapter {int(self.chapter[2:])}" if self.chapter else ""

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


def part_of_chapter(page: Page, docnames: list[str]) -> str:
    """Where in the course a page stands: "Chapter 1 · lesson 2 of 3"."""
    words = {"exercise": "exercises", "solution": "answers"}.get(page.kind, "")
    if page.kind == "lesson":
        lessons = sorted([page.docname, *companions(page, docnames)["lesson"]])
        of = f" {lessons.index(page.docname) + 1} of {len(lessons)}" if len(lessons) > 1 else ""
        words = f"lesson{of}"
    return " · ".join(filter(None, (page.number, words)))


def way(env: BuildEnvironment, docname: str) -> tuple[str, str]:
    """The pages before and after one, on the way through the course; empty for none.

    A chapter's page says which lessons there are, and asks its questions after the exercises: the
    way goes lessons, exercises, questions, next chapter. Answers stand beside it.
    """
    root = env.config.root_doc
    top = [root, *env.toctree_includes.get(root, [])]
    if docname in top:
        place = top.index(docname)
        return "".join(top[place - 1 : place]), "".join(top[place + 1 : place + 2])
    chapter = next((each for each in top if docname in env.toctree_includes.get(each, [])), "")
    inside = [chapter, *env.toctree_includes.get(chapter, [])]
    place = inside.index(docname) if chapter else 0
    after = [other for other in inside[place + 1 :] if Page(other).kind != "solution"]
    return "".join(inside[place - 1 : place]), (after or [chapter])[0]


def lead_on(app: Sphinx, docname: str, context: dict) -> None:
    """Give the template the pages before and after one; from within a chapter, its questions.

    A chapter's page is come to twice: before its questions it leads to its first lesson.
    """

    def step(target: str, within: bool = False) -> dict[str, str] | None:
        if not target:
            return None
        link = app.builder.get_relative_uri(docname, target)
        if within:
            title = f"Questions: {app.env.titles[target].astext()}"
            return {"link": f"{link}#questions", "title": title}
        return {"link": link, "title": titled(app.env, target)}

    before, after = way(app.env, docname)
    kind = Page(docname).kind
    context["prev"] = step(before)
    context["next"] = step(after, kind not in ("", "chapter") and Page(after).kind == "chapter")
    context["first"] = step(app.env.toctree_includes[docname][0]) if kind == "chapter" else None


def titled(env: BuildEnvironment, docname: str) -> str:
    """The title of a page; a chapter's with its number."""
    page, title = Page(docname), env.titles[docname].astext()
    return f"{page.number}: {title}" if page.kind == "chapter" else title


def number_chapters(tree: str, current: Page, asked: dict[str, int]) -> str:
    """The tree of the sidebar: before the title of a chapter its number, and a place behind it.

    There static/site.js says how much of what the chapter asks is done.
    """

    def numbered(link: re.Match[str]) -> str:
        page = Page(f"book/{link[2]}") if link[2] else current
        if page.kind != "chapter":
            return link[0]
        of = f'data-chapter="{page.chapter}" data-of="{asked[page.docname]}"'
        place = f'<span class="chapter-done" {of}></span>'
        return f"{link[1]}{int(page.chapter[2:])}. {link[3]} {place}</a>"

    return CHAPTER_LINK.sub(numbered, tree)


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
    context["place"] = part_of_chapter(page, list(app.env.found_docs))
    if name in app.env.titles:
        lead_on(app, name, context)
    context["furo_navigation_tree"] = number_chapters(
        context["furo_navigation_tree"], page, app.env.lantern_asked
    )
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
    # After Furo, which makes the tree of the sidebar.
    app.connect("html-page-context", describe_page, priority=800)
