"""Long names in code in a sentence may go on in the next line, after a dot."""

import re

from docutils import nodes
from sphinx.application import Sphinx

# A shorter one goes to the next line as a whole.
LONG_WORD = re.compile(r"\S{25,}")
DOT = re.compile(r"(?<=\w\.)(?=[^\W\d])")
BREAK = "\0"


def break_after_dots(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Allow a line to end after each dot of a long word inside of code in a sentence."""
    for literal in doctree.findall(nodes.literal):
        broken = LONG_WORD.sub(lambda word: DOT.sub(BREAK, word[0]), literal.astext())
        first, *others = broken.split(BREAK)
        if not others:
            continue
        literal.children = []
        literal += nodes.Text(first)
        for part in others:
            literal += [nodes.raw("", "<wbr>", format="html"), nodes.Text(part)]


def setup(app: Sphinx) -> None:
    """Do it when a page is written: until then code is one text, which others compare."""
    # The cards that a page collects are put there by the same event.
    app.connect("doctree-resolved", break_after_dots, priority=900)
