"""Show a lesson's picture on another page: taken from its stored output, never copied.

In a notebook each picture brings its style along; the site has it in its stylesheet.
"""

import json
import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from course.notebook import tags
from lantern.pictures.figure import without_style

FIGURE = re.compile(r'<figure class="lantern-picture">.*?</figure>', re.DOTALL)


class Picture(SphinxDirective):
    """`:::{picture} ch01b_freezing three-ways`: the figure of the cell with that tag."""

    required_arguments = 2
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the figure and the caption that stands in the directive."""
        stem, tag = self.arguments
        path = self.env.srcdir / "notebooks" / f"{stem}.ipynb"
        self.env.note_dependency(str(path))
        if not path.exists():
            raise self.error(f"There is no lesson notebooks/{stem}.ipynb to take a picture from.")
        figures = figures_of(json.loads(path.read_text(encoding="utf-8")), tag)
        if len(figures) != 1:
            raise self.error(
                f"Cells tagged {tag!r} of notebooks/{stem}.ipynb hold {len(figures)} pictures, "
                "and one is needed. Was the notebook run?"
            )
        caption = nodes.container(classes=["picture-caption"])
        self.state.nested_parse(self.content, self.content_offset, caption)
        return [nodes.raw("", figures[0], format="html"), caption]


def figures_of(notebook: dict, tag: str) -> list[str]:
    """Return the figures in the stored outputs of the cells that carry a tag."""
    return [
        match[0]
        for cell in notebook["cells"]
        if tag in tags(cell)
        for output in cell.get("outputs", [])
        if (match := FIGURE.search("".join(output.get("data", {}).get("text/html", ""))))
    ]


def leave_styles_out(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Leave to the stylesheet what each picture of a page says of its style."""
    if doctree:
        context["body"] = without_style(context["body"])


def setup(app: Sphinx) -> None:
    """Add the directive, and give pictures the style of the site."""
    app.add_directive("picture", Picture)
    app.connect("html-page-context", leave_styles_out)
