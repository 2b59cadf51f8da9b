"""Folded cells of a notebook: a details element with words a learner understands."""

from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def open_fold(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    """Begin a closed details element around code, or around what it printed."""
    folds_output = "below-input" in node["classes"]
    words = "Show what it printed" if folds_output else "Show the code"
    translator.body.append(f'<details class="fold"><summary>{words}</summary>\n')


def close_fold(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    """End the details element."""
    translator.body.append("</details>\n")


def setup(app: Sphinx) -> None:
    """Replace myst-nb's fold: its summary has a spoken name unlike the one that is shown."""
    app.add_node(HideCodeCellNode, override=True, html=(open_fold, close_fold))
