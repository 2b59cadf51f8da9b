"""The page Where SQLite lies: each difference in the page's words, with what was recorded of it.

`python -m tools.lies` asks every house and stores; this draws what is stored.
"""

from collections.abc import Iterator, Mapping

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx

from tools.lies import RECORDED, stored
from tools.site.findings import Finding, FindingDirective
from tools.site.quiz import in_code, warn

DO = "Do."
SQLITE = {"SQLite": "SQLite", "as shipped": "SQLite as shipped"}
POSTGRESQL = {"asyncpg": "PostgreSQL, asyncpg", "psycopg": "PostgreSQL, psycopg"}


class DifferenceDirective(FindingDirective):
    """`:::{difference} title` with `:asked:`, the name of its script, and mostly `:shown:`."""

    option_spec = FindingDirective.option_spec | {"asked": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """What is done, what each house answered, what to do, and the cell that shows it."""
        self.env.note_dependency(str(RECORDED))
        (difference,) = super().run()
        asked = self.options.get("asked", "")
        answers = stored().get(asked)
        difference["ids"] = [asked]
        before = next((each for each in difference if each.astext().startswith(DO)), None)
        problem = "" if before else f"needs a paragraph that begins with **{DO}**"
        if answers is None:
            problem = f"names {asked!r}, of which tools/lies has recorded nothing"
        if before and answers:
            difference.insert(difference.index(before), drawn(answers))
        else:
            warn(self.env, f"{difference[0].astext()} {problem}.", self.get_location())
        return [difference]

    def check(self, kind: str, title: str, lesson: str, tag: str) -> None:
        """Warn if it names a cell that is not there; not every difference has one."""
        if lesson:
            super().check(kind, title, lesson, tag)


def drawn(answers: Mapping[str, str]) -> nodes.definition_list:
    """The answers, each with who gave it."""
    return nodes.definition_list(
        "",
        *(
            nodes.definition_list_item(
                "",
                nodes.term("", label),
                nodes.definition(
                    "", nodes.paragraph("", "", *in_code(f"{words[:1].upper()}{words[1:]}."))
                ),
            )
            for label, words in labelled(answers)
        ),
        classes=["answers"],
    )


def labelled(answers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each answer with its house; those that agree are one line."""
    if len(set(answers.values())) == 1:
        yield "All", next(iter(answers.values()))
        return
    for database, houses in (("SQLite", SQLITE), ("PostgreSQL", POSTGRESQL)):
        given = {houses[house]: answers[house] for house in houses if house in answers}
        if len(set(given.values())) == 1:
            yield database, next(iter(given.values()))
        else:
            yield from given.items()


def name_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Let a link in Markdown name a difference, as it may name a heading."""
    names = {
        node["ids"][0]: (None, node["ids"][0], node[0].astext())
        for node in doctree.findall(Finding)
        if node["kind"] == "difference"
    }
    if names:
        app.env.metadata[app.env.docname].setdefault("myst_slugs", {}).update(names)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("difference", DifferenceDirective)
    app.connect("doctree-read", name_anchors)
