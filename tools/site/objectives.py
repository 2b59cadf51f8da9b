"""The objectives directive: what a chapter promises, and the check that its quiz asks for it."""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from course.names import OBJECTIVE
from tools.site.quiz import Question, warn


class Objectives(nodes.General, nodes.Element):
    """What a reader can do after the chapter."""


class ObjectivesDirective(SphinxDirective):
    """`:::{objectives}` with one `- name: what you can do` a line."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The list of objectives, without the names that only the quiz uses."""
        node = Objectives(names_in_order=[])
        self.set_source_info(node)
        lines = []
        for line in self.content:
            if match := OBJECTIVE.fullmatch(line.rstrip()):
                node["names_in_order"].append(match[1])
                lines.append(f"- {match[2]}")
            elif line.startswith("  ") or not line.strip():
                lines.append(line)
            else:
                problem = f'"{line}" is no objective; write "- name: what the reader can do".'
                warn(self.env, problem, self.get_location())
        self.state.nested_parse(StringList(lines, self.env.docname), self.content_offset, node)
        return [node]


def match_quiz_and_objectives(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of a question that asks for no objective, and of an objective nobody asks for."""
    promised = {
        name: node for node in doctree.findall(Objectives) for name in node["names_in_order"]
    }
    asked = set()
    for question in doctree.findall(Question):
        asked.add(question["objective"])
        if question["objective"] not in promised:
            names = ", ".join(promised) or "none"
            warn(
                app.env,
                f'The quiz "{question["question"]}" names the objective '
                f'"{question["objective"]}", and this page has: {names}.',
                question,
            )
    for name in promised.keys() - asked:
        warn(app.env, f'No quiz of this page asks for its objective "{name}".', promised[name])


def open_objectives(page: HTML5Translator, node: Objectives) -> None:
    """Begin the list with its title."""
    page.body.append('<div class="objectives"><p class="objectives-title">')
    page.body.append("After this chapter you can</p>\n")


def close_objectives(page: HTML5Translator, node: Objectives) -> None:
    """End the list."""
    page.body.append("</div>\n")


def setup(app: Sphinx) -> None:
    """Register the directive and the check across a page."""
    app.add_directive("objectives", ObjectivesDirective)
    app.add_node(Objectives, html=(open_objectives, close_objectives))
    app.connect("doctree-read", match_quiz_and_objectives)
