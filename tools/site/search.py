"""What the search page knows beyond Sphinx's index: every error of the course, and its place."""

import re
from dataclasses import dataclass
from pathlib import Path
from pydoc import locate

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from tools.site.findings import COLLECTS, SHORTENED, Shown, copies, outputs_of

SQLALCHEMY_NAME = re.compile(r"\bsqlalchemy(?:\.\w+)+")
BACKGROUND = re.compile(r"sqlalche\.me/e/\w+/(\w+)")


@dataclass(frozen=True)
class KnownError:
    """One error on the page that collects them.

    `codes` are the last part of the address that SQLAlchemy prints below such an error.
    """

    message: str
    anchor: str
    codes: str


def codes_of(message: str, printed: list[str]) -> str:
    """The codes of a message, in one string: those its cell printed, and those of its classes."""
    words = message.rstrip(SHORTENED).rstrip()
    links = (BACKGROUND.search(text.partition(words)[2]) for text in printed)
    classes = map(locate, SQLALCHEMY_NAME.findall(message))
    codes = [link and link[1] for link in links] + [getattr(each, "code", "") for each in classes]
    return " ".join(dict.fromkeys(filter(None, codes)))


def known_errors(env: BuildEnvironment) -> list[KnownError]:
    """Every error of the course, in the order of the page that collects them."""
    found = []
    for _, node in copies(env, "error"):
        shown = next(node.findall(Shown))
        lesson = Path(env.srcdir) / "notebooks" / f"{shown['lesson']}.ipynb"
        printed = list(outputs_of(lesson, shown["tag"]))
        message = node[0].astext()
        found.append(KnownError(message, node["ids"][0], codes_of(message, printed)))
    return found


def describe_errors(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Give the search page the errors, and the page that they stand on, if the book has one."""
    if page != "search":
        return
    for docname, data in app.env.metadata.items():
        if data.get(COLLECTS) == "all-errors":
            context["errors_page"] = (docname, app.env.titles[docname].astext())
            context["known_errors"] = known_errors(app.env)


def setup(app: Sphinx) -> None:
    """Tell the search page when it is written."""
    app.connect("html-page-context", describe_errors)
