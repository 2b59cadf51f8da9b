"""Predictions of a lesson as questions: answered, and only then shown what came.

`tools.predictions` says how they are written. What is held back is marked with a class, and
static/quiz.js does the rest: without JavaScript, and on paper, there is a list of choices above
a fold.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx

from course.notebook import read
from tools.predictions import WORDS, Prediction, predictions_of
from tools.site.cells import hides_output, is_prose, starts_with
from tools.site.quiz import Explanation, Option, OptionText, Question, QuestionText, in_code, warn


def ask(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make a question of each prediction of a lesson."""
    lesson = Path(app.env.srcdir) / f"{docname}.ipynb"
    if app.builder.name != "html" or not lesson.exists():
        return
    asked = predictions_of(read(lesson))
    places = [p for p in doctree.findall(nodes.paragraph) if asks(p)]
    if len(asked) != len(places):
        problem = f"{len(asked)} cells ask for a prediction, and {len(places)} paragraphs begin so."
        warn(app.env, problem, docname)
        return
    for prediction, paragraph in zip(asked, places, strict=True):
        if prediction.choices and not prediction.said:
            continue  # it stays a list above a fold; tools.layout asks for its key
        question = question_of(prediction, paragraph, docname)
        for node in held_back(following(paragraph)):
            node["classes"].append(f"held-by-{prediction.name}")
        if prediction.choices:
            paragraph.parent.remove(following(paragraph)[0])
        paragraph.replace_self(question)


def asks(node: nodes.Node) -> bool:
    """Tell whether a paragraph begins with one of the words that ask for a prediction."""
    return any(starts_with(node, words) for words in WORDS)


def following(node: nodes.Node) -> list[nodes.Node]:
    """The nodes after one, in its own section."""
    return node.parent.children[node.parent.index(node) + 1 :]


def question_of(prediction: Prediction, paragraph: nodes.paragraph, docname: str) -> Question:
    """The question with its choices, in the words of the page."""
    mark, *words = (child for child in paragraph.children if child.astext().strip())
    question = Question("", QuestionText("", "", *words), ids=[prediction.name], page=docname)
    question["prediction"] = mark.astext().rstrip(".")
    if not prediction.choices:
        return question
    listed = following(paragraph)[0].children
    keys = zip(prediction.choices, prediction.said, listed, strict=True)
    numbered = list(enumerate(keys, start=1))
    # Authors write the right one in the middle too often. The order is the same at each build.
    Random(f"{docname} {prediction.name}").shuffle(numbered)
    for number, (choice, said, item) in numbered:
        right = number == prediction.right
        reason = nodes.paragraph("", "", *in_code(said))
        question += Option(
            "",
            OptionText("", "", *(part for each in item.children for part in each.children)),
            Explanation("", reason, right=right, wrong="Not so."),
            value=choice,
        )
    return question


def held_back(below: list[nodes.Node]) -> Iterator[nodes.Node]:
    """What gives a prediction away: from the first fold below it to the end of its reason."""
    between: list[nodes.Node] = []
    met = reasoned = False
    for node in below:
        if isinstance(node, nodes.section) or asks(node):
            return
        if reasoned and (not is_prose(node) or starts_with(node, "")):
            return
        fold = next(filter(hides_output, node.findall(HideCodeCellNode)), None)
        met = met or bool(fold)
        reasoned = reasoned or (met and starts_with(node, "Why."))
        if met and not reasoned and starts_with(node, ""):
            return
        if fold or reasoned:
            yield from [*between, node]
            between = []
            if fold and fold.get("why"):
                return
        elif met:
            between.append(node)


def setup(app: Sphinx) -> None:
    """Do it when the page is written, after the reasons went into their folds."""
    app.connect("doctree-resolved", ask, priority=600)
