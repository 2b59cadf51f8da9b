"""What a chapter settled: claims that one hears, and errors that one meets.

A chapter declares them with `:::{heard}` and `:::{error}`; `:::{all-heard}` and
`:::{all-errors}` show those of every chapter. Each names the cell that shows it, and an error's
message must stand in what that cell printed; an error that no cell can show names the run that it
was `:recorded:` in. tools/cards.py reads the same blocks for the matcher.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from course.notebook import tags
from tools.site.quiz import warn

VERDICTS = {"false": "False.", "true": "True.", "nuance": "It depends."}
SHORTENED = "…"
# What a reader was doing when the error came, in the order of the page that collects them.
DOING = {
    "starting": "Starting the app, or making an engine",
    "awaiting": "Awaiting, and making tasks",
    "reading": "Reading objects and what belongs to them",
    "writing": "Writing and committing",
    "at-once": "Doing several things at once",
    "answering": "Answering a request",
    "clearing": "Testing, and clearing up",
}
CHAPTER = re.compile(r"book/ch\d\d_")
COLLECTS = "lantern-collects"


class Finding(nodes.General, nodes.Element):
    """One claim, error or case as its chapter declares it; `kind` says which."""


class FindingTitle(nodes.General, nodes.TextElement):
    """The claim, or the message."""


class Shown(nodes.Inline, nodes.TextElement):
    """A link to the cell that shows it, made when all pages are known."""


class AllFindings(nodes.General, nodes.Element):
    """Stands for every finding of one kind."""


class FindingDirective(SphinxDirective):
    """`:::{heard} "claim"` or `:::{error} message`, with `:shown: lesson tag`.

    An error also says `:while:` what it comes, and which words of its message `:varies:`.
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {  # noqa: RUF012 (docutils' way)
        "shown": directives.unchanged_required,
        "verdict": directives.unchanged_required,
        "recorded": directives.unchanged_required,
        "while": directives.unchanged_required,
        "varies": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """The finding with its title, its verdict, what is said of it, and its cell."""
        title, kind = " ".join(self.arguments[0].split()), self.name
        lesson, _, tag = self.options.get("shown", "").partition(" ")
        node = Finding(kind=kind, ids=[nodes.make_id(f"{kind} {title}")], classes=["finding", kind])
        node["while"] = self.options.get("while", "")
        self.set_source_info(node)
        self.check(kind, title, lesson, tag)
        words = [nodes.literal("", title)]
        if kind != "error":
            words, _ = self.state.inline_text(title, self.lineno)
        node += FindingTitle("", "", *words, level=3)
        if kind == "heard":
            verdict = nodes.strong("", VERDICTS.get(self.options.get("verdict", ""), ""))
            node += nodes.paragraph("", "", verdict, classes=["finding-verdict"])
        self.state.nested_parse(self.content, self.content_offset, node)
        if recorded := self.options.get("recorded"):
            words, _ = self.state.inline_text(
                f"Not shown in a cell. Recorded: {recorded}.", self.lineno
            )
            node += nodes.paragraph("", "", *words, classes=["finding-recorded"])
        else:
            node += nodes.paragraph("", "", Shown("", "", lesson=lesson, tag=tag))
        return [node]

    def check(self, kind: str, title: str, lesson: str, tag: str) -> None:
        """Warn if the cell is not there, or did not print the message."""
        if kind == "heard" and self.options.get("verdict") not in VERDICTS:
            problem = f"{title} needs a verdict: {', '.join(VERDICTS)}."
            warn(self.env, problem, self.get_location())
        if kind == "error" and self.options.get("while") not in DOING:
            problem = f"{title} needs a while: {', '.join(DOING)}."
            warn(self.env, problem, self.get_location())
        if kind == "error" and "recorded" in self.options:
            return
        path = Path(self.env.srcdir) / "notebooks" / f"{lesson}.ipynb"
        self.env.note_dependency(str(path))
        printed = list(outputs_of(path, tag)) if path.exists() else []
        if not printed:
            problem = f"{title}: no cell tagged {tag!r} in notebooks/{lesson}.ipynb shows it."
            warn(self.env, problem, self.get_location())
        elif kind == "error" and title.rstrip(SHORTENED).rstrip() not in " ".join(printed):
            problem = f"{title}: the cell tagged {tag!r} of {lesson} prints something else."
            warn(self.env, problem, self.get_location())


class ErrorBox(nodes.General, nodes.Element):
    """Where an error is pasted, and the list of what one may have been doing."""


class AllFindingsDirective(SphinxDirective):
    """`:::{all-heard}` or `:::{all-errors}`."""

    def run(self) -> list[nodes.Node]:
        """A place to be filled when all pages are read."""
        self.env.metadata[self.env.docname][COLLECTS] = self.name
        return [AllFindings(kind={"all-heard": "heard", "all-errors": "error"}[self.name])]


def outputs_of(notebook: Path, tag: str) -> Iterator[str]:
    """What each cell with the tag printed, on one line; empty for a cell that printed nothing."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code" and tag in tags(cell):
            texts = []
            for output in cell["outputs"]:
                texts += output.get("text", []), output.get("data", {}).get("text/plain", [])
                if output["output_type"] == "error":
                    texts.append([f"{output['ename']}: {output['evalue']}"])
            yield " ".join(" ".join("".join(text) for text in texts).split())


def name_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Give every cell of a lesson that has tags of its own an id to be linked by."""
    named: set[str] = set()
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code":
            names = {f"cell-{name[4:]}" for name in cell["classes"] if name[:4] == "tag_"}
            # hide-output and its like stand on many cells of a page: an id is one cell's.
            cell["ids"] += sorted(names - named)
            named |= names


def every_finding(env: BuildEnvironment, kind: str) -> Iterator[tuple[str, Finding]]:
    """The findings of one kind with their pages, in the order of the pages' names."""
    for docname in sorted(env.found_docs):
        if CHAPTER.match(docname):
            for node in env.get_doctree(docname).findall(Finding):
                if node["kind"] == kind:
                    yield docname, node


def collecting_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Pages that show the findings of others are read again when a chapter changes."""
    if not any(CHAPTER.match(docname) for docname in added | changed | removed):
        return []
    return [docname for docname, data in env.metadata.items() if COLLECTS in data]


def copies(env: BuildEnvironment, kind: str) -> Iterator[tuple[str, Finding]]:
    """The findings of one kind for the page that collects them, each with its source.

    Two chapters may meet the same error: only there must their ids differ.
    """
    met: Counter[str] = Counter()
    for source, node in every_finding(env, kind):
        copy = deepcopy(node)
        (name,) = node["ids"]
        met[name] += 1
        copy["ids"] = [name if met[name] == 1 else f"{name}-{met[name]}"]
        yield source, copy


def grouped(errors: list[Finding]) -> list[nodes.Node]:
    """The box, and below it the errors by what one was doing."""
    groups = {name: [error for error in errors if error["while"] == name] for name in DOING}
    sections = []
    for name, some in groups.items():
        if some:
            title = nodes.title("", DOING[name])
            sections.append(nodes.section("", title, *some, ids=[f"while-{name}"]))
    jumps = [(section["ids"][0], section[0].astext(), len(section) - 1) for section in sections]
    return [ErrorBox(jumps=jumps), *sections]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put every finding where a page asks for all, and link each to its cell."""
    for place in list(doctree.findall(AllFindings)):
        found = list(copies(app.env, place["kind"]))
        for source, copy in found:
            if place["kind"] != "error":  # There it stands right below the title of the page.
                copy[0]["level"] = 2
            app.env.resolve_references(copy, source, app.builder)
        shown = [copy for _, copy in found]
        place.replace_self(grouped(shown) if place["kind"] == "error" else shown)
    for shown in list(doctree.findall(Shown)):
        target = f"notebooks/{shown['lesson']}"
        if target not in app.env.found_docs:
            shown.parent.parent.remove(shown.parent)
            continue
        address = app.builder.get_relative_uri(docname, target)
        title = app.env.titles[target].astext()
        link = nodes.reference("", f"Shown in “{title}”")
        link["refuri"] = f"{address}#cell-{shown['tag'].replace('_', '-')}"
        link["internal"] = True
        shown.replace_self(link)


BOX = """<div class="error-box" hidden>
<h2>Paste it</h2>
<label for="error-pasted">A whole traceback, one line, the name of a class, or a link to
sqlalche.me. Nothing leaves this page.</label>
<textarea id="error-pasted" rows="5" spellcheck="false" autocapitalize="off"
 autocomplete="off"></textarea>
<p class="error-said" role="status"></p>
<div class="error-found"></div>
</div>
"""


def open_box(page, node: ErrorBox) -> None:
    """The box, hidden where no script is, and the list to jump from."""
    page.body.append(BOX)
    page.body.append('<nav class="error-jumps" aria-label="Errors by what you were doing">')
    page.body.append("<h2>Or look for it</h2><ul>")
    for name, title, count in node["jumps"]:
        page.body.append(f'<li><a href="#{name}">{title}</a> ({count})</li>')
    page.body.append("</ul></nav>\n")


def close_box(page, node: ErrorBox) -> None:
    """Nothing is open."""


def open_finding(page, node: Finding) -> None:
    """Begin the finding."""
    page.body.append(page.starttag(node, "div", CLASS="finding"))


def close_finding(page, node: Finding) -> None:
    """End the finding."""
    page.body.append("</div>\n")


def open_title(page, node: FindingTitle) -> None:
    """Begin the heading."""
    page.body.append(f"<h{node['level']}>")


def close_title(page, node: FindingTitle) -> None:
    """End the heading."""
    page.body.append(f"</h{node['level']}>\n")


def setup(app: Sphinx) -> None:
    """Register the directives, their nodes, and the collection."""
    for name in ("heard", "error"):
        app.add_directive(name, FindingDirective, override=True)
    for name in ("all-heard", "all-errors"):
        app.add_directive(name, AllFindingsDirective)
    app.add_node(Finding, html=(open_finding, close_finding))
    app.add_node(FindingTitle, html=(open_title, close_title))
    app.add_node(Shown)
    app.add_node(AllFindings)
    app.add_node(ErrorBox, html=(open_box, close_box))
    app.connect("doctree-read", name_cells)
    app.connect("env-get-outdated", collecting_pages)
    app.connect("doctree-resolved", fill)
