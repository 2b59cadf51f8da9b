"""The quiz directive: one question, its options, and why each is right or not yet.

The page works with no network and no build step of its own; without JavaScript every
explanation unfolds. site/static/quiz.js adds the verdict, and memory.js keeps it.
"""

import re
from dataclasses import dataclass, field
from html import escape

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
OPTION_LINE = re.compile(r"- \[([ xX])\] +(.+)")
# What a reader can do; without JavaScript there is nothing to press.
ANSWERING = '<button type="button" class="quiz-answer">Answer</button>'
PREDICTING = (
    '<button type="button" class="quiz-answer">Predict</button>'
    '<button type="button" class="quiz-show">Show me</button>'
    '<button type="button" class="quiz-anew" hidden>Predict again</button>'
)
WRITING = (
    '<label class="quiz-open"><span>Your prediction</span>'
    '<input type="text" autocomplete="off"></label>'
)


@dataclass
class Choice:
    """One option as it was written."""

    text: str
    right: bool
    why: list[str] = field(default_factory=list)


class Question(nodes.General, nodes.Element):
    """A question: its text, then its options; a prediction may have none, and is then open."""


class QuestionText(nodes.General, nodes.TextElement):
    """What is asked."""


class Option(nodes.General, nodes.Element):
    """One possible answer: its text, then its explanation."""


class OptionText(nodes.General, nodes.TextElement):
    """What the answer says."""


class Explanation(nodes.General, nodes.Element):
    """Why the answer is right, or not yet."""


def read_choices(lines: list[str]) -> tuple[list[Choice], list[str]]:
    """The options of a quiz, and the lines that belong to none of them."""
    choices: list[Choice] = []
    stray: list[str] = []
    for line in lines:
        if match := OPTION_LINE.fullmatch(line.rstrip()):
            choices.append(Choice(match[2], right=match[1] != " "))
        elif choices and (line.startswith("  ") or not line.strip()):
            choices[-1].why.append(line[2:])
        elif line.strip():
            stray.append(line.strip())
    return choices, stray


def problems(choices: list[Choice], stray: list[str]) -> list[str]:
    """What keeps these options from being a quiz, one sentence each."""
    found = [f"the line {line!r} is no option; write `- [ ] ...` or indent it" for line in stray]
    right = sum(choice.right for choice in choices)
    if len(choices) < 2:
        found.append(f"it needs at least two options and has {len(choices)}")
    if right != 1:
        found.append(f"exactly one option must be marked [x], and {right} are")
    for choice in choices:
        if not any(line.strip() for line in choice.why):
            found.append(f"the option {choice.text!r} has no explanation; indent one below it")
    if len({nodes.make_id(choice.text) for choice in choices}) < len(choices):
        found.append("two of its options say the same")
    return found


class QuizDirective(SphinxDirective):
    """`:::{quiz} Question?` with `- [ ]` and `- [x]` options, each explained below it."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"objective": directives.unchanged_required}  # noqa: RUF012 (docutils' way)

    def run(self) -> list[nodes.Node]:
        """The question as nodes; a warning for each thing that is wrong with it."""
        text = self.arguments[0].strip()
        choices, stray = read_choices(list(self.content))
        for problem in problems(choices, stray):
            warn(self.env, f'The quiz "{text}" is not complete: {problem}.', self.get_location())
        question = Question(ids=[f"quiz-{nodes.make_id(text) or self.env.new_serialno('quiz')}"])
        question["objective"] = self.options.get("objective", "").strip()
        self.set_source_info(question)
        question += self.inline(QuestionText(), text)
        question += [self.option(choice) for choice in choices]
        question["question"] = question[0].astext()
        return [question]

    def option(self, choice: Choice) -> Option:
        """One option with its explanation, Markdown and all."""
        node = Option(right=choice.right, value=nodes.make_id(choice.text) or choice.text)
        explanation = Explanation(right=choice.right)
        lines = StringList(choice.why, source=self.env.docname)
        self.state.nested_parse(lines, self.content_offset, explanation)
        node += [self.inline(OptionText(), choice.text), explanation]
        return node

    def inline(self, node: nodes.Element, text: str) -> nodes.Element:
        """The node, filled with one line of Markdown."""
        children, messages = self.state.inline_text(text, self.lineno)
        node += children + messages
        return node


def warn(env, message: str, location: object) -> None:
    """Warn, and read the page again at the next build, so that the warning is repeated."""
    env.note_reread()
    logger.warning(message, location=location, type="lantern")


def in_code(text: str) -> list[nodes.Node]:
    """The words of a line, as code where they stand between backquotes."""
    parts = text.split("`")
    return [
        nodes.literal("", part) if number % 2 else nodes.Text(part)
        for number, part in enumerate(parts)
        if part
    ]


def number_questions(app: Sphinx, doctree: nodes.document) -> None:
    """Tell each question of a page its place among all."""
    questions = list(doctree.findall(Question))
    seen: set[str] = set()
    for number, question in enumerate(questions, start=1):
        question["number"], question["total"] = number, len(questions)
        question["page"] = app.env.docname
        if question["ids"][0] in seen:
            text = question["question"]
            warn(app.env, f'The quiz "{text}" is asked twice on this page.', question)
        seen.add(question["ids"][0])


def open_question(page: HTML5Translator, node: Question) -> None:
    """Begin the group of radio buttons."""
    kind = "quiz prediction" if node.get("prediction") else "quiz"
    page.body.append(
        f'<fieldset class="{kind}" id="{node["ids"][0]}" data-page="{escape(node["page"])}">'
    )


def close_question(page: HTML5Translator, node: Question) -> None:
    """Add the buttons and room for the verdict, which a screen reader announces, and end it."""
    field = "" if len(node.children) > 1 else WRITING
    buttons = PREDICTING if node.get("prediction") else ANSWERING
    page.body.append(
        f'<div class="quiz-tools">{field}{buttons}</div>'
        '<div class="quiz-verdict" role="status"></div></fieldset>\n'
    )


def open_question_text(page: HTML5Translator, node: QuestionText) -> None:
    """Begin the legend with the place of the question among all."""
    place = node.parent.get("prediction")
    if not place:
        place = f"Question {node.parent['number']} of {node.parent['total']}"
    page.body.append(f'<legend><span class="quiz-place">{place}</span> ')


def close_question_text(page: HTML5Translator, node: QuestionText) -> None:
    """End the legend."""
    page.body.append("</legend>\n")


def open_option(page: HTML5Translator, node: Option) -> None:
    """Begin one option."""
    page.body.append('<div class="quiz-option">')


def close_option(page: HTML5Translator, node: Option) -> None:
    """End one option."""
    page.body.append("</div>\n")


def open_option_text(page: HTML5Translator, node: OptionText) -> None:
    """Begin the label with its radio button."""
    name, value = node.parent.parent["ids"][0], escape(node.parent["value"])
    page.body.append(f'<label><input type="radio" name="{name}" value="{value}"> <span>')


def close_option_text(page: HTML5Translator, node: OptionText) -> None:
    """End the label."""
    page.body.append("</span></label>")


def open_explanation(page: HTML5Translator, node: Explanation) -> None:
    """Begin what is shown when the option is chosen, and unfolds without JavaScript."""
    verdict, symbol, words = (
        ("right", "✓", "Right.") if node["right"] else ("wrong", "✗", node.get("wrong", "Not yet."))
    )
    page.body.append(
        f'<details class="quiz-why" data-verdict="{verdict}"><summary>If this is your answer'
        f'</summary><div class="quiz-words {verdict}"><p class="quiz-result">'
        f'<span aria-hidden="true">{symbol}</span> {words}</p>\n'
    )


def close_explanation(page: HTML5Translator, node: Explanation) -> None:
    """End the explanation."""
    page.body.append("</div></details>")


def setup(app: Sphinx) -> None:
    """Register the directive, its nodes and the overview."""
    app.add_directive("quiz", QuizDirective)
    app.add_node(Question, html=(open_question, close_question))
    app.add_node(QuestionText, html=(open_question_text, close_question_text))
    app.add_node(Option, html=(open_option, close_option))
    app.add_node(OptionText, html=(open_option_text, close_option_text))
    app.add_node(Explanation, html=(open_explanation, close_explanation))
    app.connect("doctree-read", number_questions)
