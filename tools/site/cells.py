"""Cells of a notebook: folds with words a learner understands, and answers without marks."""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from tools.cut import as_shown


def open_fold(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    """Begin a closed details element around code, or around what it printed."""
    parts = {
        child.get("nb_element") for child in node.children if isinstance(child, nodes.container)
    }
    shown = ["the code"] if "cell_code_source" in parts else []
    shown += ["what it printed"] if "cell_code_output" in parts else []
    words = f"Show {' and '.join(shown)}" + (", and why" if node.get("why") else "")
    translator.body.append(f'<details class="fold"><summary>{words}</summary>\n')


def close_fold(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    """End the details element."""
    translator.body.append("</details>\n")


def fold_reasons(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Move the paragraphs from **Why.** on into the fold above them: they give it away."""
    for cell in list(doctree.findall(nodes.container)):
        # The fold of a whole cell does not know its parent, so the cell is asked for its fold.
        fold = cell.children[-1] if cell.children else None
        if not hides_output(fold):
            continue
        after = cell.parent.children[cell.parent.index(cell) + 1 :]
        if not (after and starts_with(after[0], "Why.")):
            continue
        fold["why"] = True
        for node in after:
            if node is not after[0] and (not is_prose(node) or starts_with(node, "")):
                break
            cell.parent.remove(node)
            fold.append(node)


def hides_output(node: nodes.Node | None) -> bool:
    """Tell whether a node is a fold with what a cell printed in it."""
    return isinstance(node, HideCodeCellNode) and any(
        part.get("nb_element") == "cell_code_output" for part in node.children
    )


def is_prose(node: nodes.Node) -> bool:
    """Tell whether a node is text, not a cell or a section."""
    return isinstance(node, nodes.paragraph | nodes.bullet_list | nodes.literal_block)


def starts_with(node: nodes.Node, word: str) -> bool:
    """Tell whether a paragraph begins with a word in bold: this one, or any for an empty one."""
    first = next((child for child in node.children if child.astext().strip()), None)
    if not (isinstance(node, nodes.paragraph) and isinstance(first, nodes.strong)):
        return False
    return not word or first.astext() == word


def unmark_answers(app: Sphinx, doctree: nodes.document) -> None:
    """On pages of answers, leave out the marks, and leave the page out of the search."""
    if not app.env.docname.startswith("solutions/"):
        return
    app.env.metadata[app.env.docname]["nosearch"] = True
    for code in doctree.findall(nodes.literal_block):
        shown = as_shown(code.astext())
        code.children = [nodes.Text(shown)]
        code.rawsource = shown


def setup(app: Sphinx) -> None:
    """Replace myst-nb's fold: its summary has a spoken name unlike the one that is shown."""
    # myst-nb makes its folds when a page is written.
    app.connect("doctree-resolved", fold_reasons)
    app.connect("doctree-read", unmark_answers)
    app.add_node(HideCodeCellNode, override=True, html=(open_fold, close_fold))
