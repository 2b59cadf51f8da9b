"""The overview of a page's questions: each with a link, and a state that quiz.js keeps."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from tools.site.quiz import Question


class Overview(nodes.General, nodes.Element):
    """Every question of a page with its state."""


class OverviewItem(nodes.General, nodes.TextElement):
    """The text of one question, to be a link to it."""


def add_overview(app: Sphinx, doctree: nodes.document) -> None:
    """List the questions of a page above the first one."""
    questions = list(doctree.findall(Question))
    if not questions:
        return
    overview = Overview()
    for question in questions:
        # A link inside of a link is none: code stays code, the rest is text.
        words = [
            child.deepcopy() if isinstance(child, nodes.literal) else nodes.Text(child.astext())
            for child in question[0].children
        ]
        overview += OverviewItem("", "", *words, question=question["ids"][0])
    first = questions[0]
    first.parent.insert(first.parent.index(first), overview)


def open_overview(page: HTML5Translator, node: Overview) -> None:
    """Begin the list of questions."""
    page.body.append(
        '<nav class="quiz-overview" aria-label="Questions on this page">'
        f'<p class="quiz-count">0 of {len(node.children)} answered</p><ol>'
    )


def close_overview(page: HTML5Translator, node: Overview) -> None:
    """End the list, and leave room for the button that clears the answers."""
    page.body.append(
        '</ol><button type="button" class="quiz-again" hidden>Start again</button>'
        '<span class="quiz-cleared" role="status"></span></nav>\n'
    )


def open_item(page: HTML5Translator, node: OverviewItem) -> None:
    """Begin the link to one question."""
    page.body.append(f'<li><a href="#{node["question"]}">')


def close_item(page: HTML5Translator, node: OverviewItem) -> None:
    """End the link, and add the state of its question."""
    name = node["question"]
    page.body.append(
        f'</a> <span class="quiz-state" data-question="{name}">not answered</span></li>\n'
    )


def setup(app: Sphinx) -> None:
    """Register the nodes of the overview, and put it in its place."""
    app.add_node(Overview, html=(open_overview, close_overview))
    app.add_node(OverviewItem, html=(open_item, close_item))
    app.connect("doctree-read", add_overview)
