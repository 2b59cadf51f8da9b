"""The evening directive: all that the course asks, for static/evening.js to fill in.

By chapter there are its objectives, and each prediction, question and exercise with a link.
What a reader has answered stands in the reader's browser, and only there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from course.names import chapter_of
from course.notebook import read, source, tags
from tools.layout import declared_exercises
from tools.predictions import predictions_of
from tools.site.findings import CHAPTER, COLLECTS
from tools.site.objectives import Objectives
from tools.site.quiz import Question

HEADING = re.compile(r"(?m)^## (ch\d\d-ex\d+): (.+)$")
TOP = """<div class="evening" hidden>
<p class="evening-kept"></p>
<h2 id="see-again">To see again</h2><ol class="evening-again"></ol><p class="evening-later"></p>
<h2 id="yours">It is yours</h2>
<p>All of it lies in this browser, and none of it leaves your computer unless you send it.</p>
<p class="quiz-tools"><button type="button" class="evening-save">Save it as a file</button>
<button type="button" class="evening-open">Open a file</button>
<button type="button" class="evening-erase">Erase it</button>
<input type="file" class="evening-file" accept=".json" aria-label="A saved file" hidden>
<span class="evening-told" role="status"></span></p>
</div>
"""


class Evening(nodes.General, nodes.Element):
    """Stands for all that the course asks."""


class EveningDirective(SphinxDirective):
    """`:::{evening}`: what was predicted, answered and solved, and what to see again."""

    def run(self) -> list[nodes.Node]:
        """A place to be filled when all pages are read; a search does not find it by its words."""
        self.env.metadata[self.env.docname] |= {COLLECTS: self.name, "nosearch": True}
        for notebook in sorted((Path(self.env.srcdir) / "notebooks").glob("*.ipynb")):
            self.env.note_dependency(str(notebook))
        return [Evening()]


@dataclass(frozen=True)
class Asked:
    """One thing that is asked: of which kind, by which name, where, and for which objectives."""

    kind: str
    name: str
    docname: str
    anchor: str
    text: str
    about: tuple[str, ...] = ()


def asked_in(app: Sphinx, chapter: str) -> Iterator[Asked]:
    """Yield what a chapter asks, lesson by lesson, then its page, then its exercises."""
    root, stem = Path(app.env.srcdir), chapter.removeprefix("book/")
    for path in sorted((root / "notebooks").glob(f"{chapter_of(stem)}[a-z]_*.ipynb")):
        docname, notebook = f"notebooks/{path.stem}", read(path)
        about = objectives_below(notebook["cells"])
        for one in predictions_of(notebook):
            name = f"{docname}:{one.name}"
            yield Asked("prediction", name, docname, one.name, one.question, about[one.cell])
    for question in app.env.get_doctree(chapter).findall(Question):
        (anchor,) = question["ids"]
        about_it = (question["objective"],)
        name = f"{chapter}:{anchor}"
        yield Asked("question", name, chapter, anchor, question["question"], about_it)
    path = root / "exercises" / f"{stem}.ipynb"
    declared = declared_exercises(root, stem)
    for cell in read(path)["cells"] if path.exists() else []:
        for name, title in HEADING.findall(source(cell)):
            practised = declared[name]["objectives"] if name in declared else ()
            docname = f"exercises/{stem}"
            anchor = nodes.make_id(f"{name}: {title}")
            yield Asked("exercise", name, docname, anchor, f"{name}: {title}", practised)


def objectives_below(cells: list[dict]) -> dict[str, tuple[str, ...]]:
    """Return, by the id of each cell, the objectives that the code right below it meets."""
    found: dict[str, tuple[str, ...]] = {}
    for number, cell in enumerate(cells):
        names: list[str] = []
        for below in cells[number + 1 :]:
            if below["cell_type"] != "code":
                break
            names += [tag[10:] for tag in tags(below) if tag.startswith("objective-")]
        found[cell["id"]] = tuple(names)
    return found


def objectives_of(app: Sphinx, chapter: str) -> list[tuple[str, str]]:
    """The name of each objective of a chapter, and its words."""
    return [
        (name, item.astext())
        for promised in app.env.get_doctree(chapter).findall(Objectives)
        for name, item in zip(
            promised["names_in_order"], promised.findall(nodes.list_item), strict=True
        )
    ]


def section(app: Sphinx, docname: str, chapter: str) -> str:
    """What the page shows of one chapter."""

    def link(target: str, text: str, anchor: str = "") -> str:
        address = app.builder.get_relative_uri(docname, target) + (anchor and f"#{anchor}")
        return f'<a href="{escape(address)}">{escape(text)}</a>'

    title = app.env.titles[chapter].astext()
    objectives = [
        f'<li data-objective="{name}">{escape(words)} <span class="evening-state"></span></li>'
        for name, words in objectives_of(app, chapter)
    ]
    items = [
        f'<li data-kind="{one.kind}" data-name="{escape(one.name)}" '
        f'data-about="{" ".join(one.about)}">'
        f"{link(one.docname, re.sub(r'[`*]', '', one.text), one.anchor)} "
        '<span class="evening-state"></span></li>'
        for one in asked_in(app, chapter)
    ]
    return (
        f'<section class="evening-chapter"><h2>{link(chapter, title)}</h2>'
        f'<p class="evening-sum"></p><ul>{"".join(objectives)}</ul>'
        "<details><summary>Each prediction, question and exercise</summary>"
        f"<ol>{''.join(items)}</ol></details></section>\n"
    )


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write what every chapter asks where the page has its place for it."""
    for place in list(doctree.findall(Evening)):
        chapters = sorted(filter(CHAPTER.match, app.env.found_docs))
        parts = [TOP, *(section(app, docname, chapter) for chapter in chapters)]
        place.append(nodes.raw("", "".join(parts), format="html"))


def count_asked(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Note how many things each chapter asks, for the sidebar of every page."""
    chapters = filter(CHAPTER.match, env.found_docs)
    env.lantern_asked = {chapter: len(list(asked_in(app, chapter))) for chapter in chapters}
    return []


def setup(app: Sphinx) -> None:
    """Register the directive and what fills its place."""
    app.connect("env-updated", count_asked)
    app.add_directive("evening", EveningDirective)
    app.add_node(Evening, html=(lambda *_: None, lambda *_: None))
    app.connect("doctree-resolved", fill)
