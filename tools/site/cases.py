"""Case files: from what one sees over an instrument to its cause and cure.

A chapter declares one with `:::{case} what is seen`; `:::{diagnosis} SIGN` lists those of every
chapter that show in one way, so the page that collects them says nothing that no case has said.
"""

from collections.abc import Iterator
from copy import deepcopy

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tools.site.findings import COLLECTS, FindingDirective, every_finding
from tools.site.quiz import warn

SIGNS = ("error", "slow", "wrong", "nothing")
# Each a paragraph that begins with it in bold, in this order.
PARTS = ("Look with.", "Cause.", "Cure.", "Rule.")


class CaseDirective(FindingDirective):
    """`:::{case} what is seen` with `:sign:`, `:shown:` and the four parts, each a paragraph."""

    option_spec = FindingDirective.option_spec | {"sign": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """The case as its chapter shows it."""
        (case,) = super().run()
        case["sign"] = self.options.get("sign", "")
        if case["sign"] not in SIGNS:
            problem = f"{case[0].astext()} needs a sign: {', '.join(SIGNS)}."
            warn(self.env, problem, self.get_location())
        if tuple(parts_of(case)) != PARTS:
            problem = f"{case[0].astext()} needs a paragraph each for {', '.join(PARTS)}"
            warn(self.env, problem, self.get_location())
        return [case]


class Diagnosis(nodes.General, nodes.Element):
    """Stands for every case with one sign."""


class Case(nodes.General, nodes.Element):
    """One line of the diagnosis: what is seen, to be ticked off, and what leads from there."""


class Step(nodes.General, nodes.Element):
    """One part of a case, with its name."""


class DiagnosisDirective(SphinxDirective):
    """`:::{diagnosis} SIGN`: what is seen, and what to look with, for each case of that sign."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A place to be filled when all pages are read."""
        if self.arguments[0] not in SIGNS:
            raise self.error(f"There is no sign {self.arguments[0]}; write {', '.join(SIGNS)}.")
        self.env.metadata[self.env.docname][COLLECTS] = self.name
        return [Diagnosis(sign=self.arguments[0])]


def parts_of(case: nodes.Element) -> dict[str, list[nodes.Node]]:
    """What each paragraph of a case says, by the words in bold that it begins with."""
    parts = {}
    for paragraph in case.findall(nodes.paragraph):
        # MyST may put an empty text before what is bold.
        words = [child for child in paragraph.children if child.astext()]
        if words and isinstance(words[0], nodes.strong):
            parts[words[0].astext()] = words[1:]
    return parts


def lines(app: Sphinx, docname: str, sign: str) -> Iterator[Case]:
    """The cases of one sign as the page lists them, each with a link to its file."""
    for source, finding in every_finding(app.env, "case"):
        if finding["sign"] != sign:
            continue
        copy = deepcopy(finding)
        app.env.resolve_references(copy, source, app.builder)
        (name,) = finding["ids"]
        address = app.builder.get_relative_uri(docname, source)
        link = nodes.reference("", "", *copy[0].children, internal=True, refuri=f"{address}#{name}")
        case = Case("", nodes.paragraph("", "", link), name=name)
        for part, said in parts_of(copy).items():
            case += Step("", nodes.paragraph("", "", *said), part=part)
        yield case


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """List the cases where a page asks for them."""
    for place in list(doctree.findall(Diagnosis)):
        place += lines(app, docname, place["sign"])


def open_diagnosis(page: HTML5Translator, node: Diagnosis) -> None:
    """Begin the list."""
    page.body.append('<ol class="diagnosis">')


def close_diagnosis(page: HTML5Translator, node: Diagnosis) -> None:
    """End the list."""
    page.body.append("</ol>\n")


def open_case(page: HTML5Translator, node: Case) -> None:
    """Begin the line with its box."""
    seen = page.attval(node[0].astext())
    page.body.append(
        f'<li><label><input type="checkbox" value="{node["name"]}" aria-label="Ruled out: {seen}">'
        '</label><div class="diagnosis-case">'
    )


def close_case(page: HTML5Translator, node: Case) -> None:
    """End the line."""
    page.body.append("</div></li>\n")


def open_step(page: HTML5Translator, node: Step) -> None:
    """Begin the part with its name."""
    page.body.append(f'<div class="diagnosis-step"><b>{node["part"].rstrip(".")}</b>')


def close_step(page: HTML5Translator, node: Step) -> None:
    """End the part."""
    page.body.append("</div>\n")


def setup(app: Sphinx) -> None:
    """Register the directives, their nodes, and the list."""
    app.add_directive("case", CaseDirective)
    app.add_directive("diagnosis", DiagnosisDirective)
    app.add_node(Diagnosis, html=(open_diagnosis, close_diagnosis))
    app.add_node(Case, html=(open_case, close_case))
    app.add_node(Step, html=(open_step, close_step))
    app.connect("doctree-resolved", fill)
