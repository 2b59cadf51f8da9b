"""Long names in code may go on in the next line: after a dot, and in a cell of a table on a phone
after each of the words that a name is made of."""

import re

from docutils import nodes
from sphinx.application import Sphinx

# A shorter one goes to the next line as a whole.
LONG_WORD = re.compile(r"\S{25,}")
DOT = re.compile(r"(?<=\w\.)(?=[^\W\d])")
# A cell on a phone has room for some fourteen letters.
LONG_IN_A_CELL = re.compile(r"\S{15,}")
WORD_OF_A_NAME = re.compile(r"(?<=[_=.(])(?=[^\W_])|(?<=[a-z])(?=[A-Z])")
BREAK, BREAK_ON_A_PHONE = "\0", "\1"
ELEMENTS = {BREAK: "<wbr>", BREAK_ON_A_PHONE: '<wbr class="phone">'}


def break_long_names(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Allow a line to end within a long name, where a reader would part it."""
    for literal in doctree.findall(nodes.literal):
        broken = LONG_WORD.sub(lambda word: DOT.sub(BREAK, word[0]), literal.astext())
        if isinstance(literal.parent.parent, nodes.entry):
            broken = LONG_IN_A_CELL.sub(
                lambda word: WORD_OF_A_NAME.sub(BREAK_ON_A_PHONE, word[0]), broken
            )
        if broken == literal.astext():
            continue
        literal.children = []
        for part in re.split(f"([{BREAK}{BREAK_ON_A_PHONE}])", broken):
            element = ELEMENTS.get(part)
            literal += nodes.raw("", element, format="html") if element else nodes.Text(part)


def setup(app: Sphinx) -> None:
    """Do it when a page is written: until then code is one text, which others compare."""
    # The cards that a page collects are put there by the same event.
    app.connect("doctree-resolved", break_long_names, priority=900)
