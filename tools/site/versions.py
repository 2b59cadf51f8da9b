"""The versions directive: a table of what each version of a library answered.

`python -m tools.versions` asks and stores; this draws what is stored.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools.site.quiz import in_code
from tools.versions import ANSWERS, stored

# What is asked of SQLAlchemy, in the words of the page.
ASKED = {
    "lazy load": "an attribute that is not loaded",
    "detached": "the same, after the session was closed",
    "closed": "a query after `close()`, with `close_resets_only=False`",
    "flush twice": "two flushes at once",
    "gather cold": "`gather` on one session, cold pool",
    "gather warm": "`gather` on one session, warm pool",
}


class Versions(SphinxDirective):
    """`:::{versions} fastapi` or `:::{versions} sqlalchemy`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The table of one library."""
        self.env.note_dependency(str(ANSWERS))
        tables = {"fastapi": self.fastapi, "sqlalchemy": self.sqlalchemy}
        library = self.arguments[0]
        if library not in tables:
            raise self.error(f"Nothing is asked of {library}; write {' or '.join(tables)}.")
        return [tables[library](stored()[library])]

    def fastapi(self, answers: Sequence[dict[str, Any]]) -> nodes.table:
        """A row for each version: how a request ends, and which options there are."""
        head = ["FastAPI", "default scope", "a stream", "a failed commit is told as", "options"]
        rows = []
        for answer in answers:
            options = [f"`{name}`" for name in ("scope", "max_concurrency") if answer[name]]
            rows.append(
                [
                    answer["version"],
                    " → ".join(answer["order"][1:]),
                    " → ".join(answer["stream"][1:]),
                    str(answer["failed commit"]),
                    ", ".join(options) or "none",
                ]
            )
        return self.table(head, rows)

    def sqlalchemy(self, answers: Sequence[dict[str, Any]]) -> nodes.table:
        """A row for each mistake: what each version says to it."""
        head = ["mistake", *(f"SQLAlchemy {answer['version']}" for answer in answers)]
        rows = [
            [words, *(f"`{answer[name]}`" for answer in answers)] for name, words in ASKED.items()
        ]
        return self.table(head, rows)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> nodes.table:
        """A table of docutils; what stands between backquotes is code."""
        group = nodes.tgroup(cols=len(head))
        group += [nodes.colspec(colwidth=1) for _ in head]
        group += nodes.thead("", _row(head))
        group += nodes.tbody("", *map(_row, rows))
        return nodes.table("", group, classes=["versions"])


def _row(cells: Sequence[str]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *in_code(c))) for c in cells))


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("versions", Versions)
