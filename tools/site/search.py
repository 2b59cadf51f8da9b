"""What finds an error by its message: the search page and *Find your error* are given the cards."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from tools.cards import table
from tools.site.findings import COLLECTS

# What the matcher asks of a card; all else stands on the page.
ASKED = ("title", "anchor", "alone", "forms")


def cards_of(book: Path) -> str:
    """The table of a book's cards for its pages."""
    known = table(book)
    known["cards"] = [{part: card[part] for part in ASKED} for card in known["cards"]]
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/")


def give_cards(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Give the cards to the pages that look for one, if the book has a page of them."""
    for docname, data in app.env.metadata.items():
        if data.get(COLLECTS) == "all-errors" and page in ("search", docname):
            context["errors_page"] = (docname, app.env.titles[docname].astext())
            context["error_cards"] = cards_of(Path(app.srcdir))


def setup(app: Sphinx) -> None:
    """Tell those pages when they are written."""
    app.connect("html-page-context", give_cards)
