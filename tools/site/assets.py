"""What a page loads: one stylesheet, and only the scripts that it needs."""

from docutils import nodes
from sphinx.application import Sphinx

from tools.knobs import has_knob
from tools.site.cases import Diagnosis
from tools.site.evening import Evening
from tools.site.quiz import Question
from tools.site.stylesheet import STYLESHEET, join_stylesheets

COPY_SCRIPTS = {"_static/clipboard.min.js", "_static/copybutton.js"}
# Each for pages with a node of one of these classes.
SCRIPTS_OF = {
    "_static/memory.js": (Question, Evening),
    "_static/quiz.js": (Question,),
    "_static/evening.js": (Evening,),
    "_static/diagnosis.js": (Diagnosis,),
}
# For pages that are given the cards, and the box on the page where these stand.
MATCHER, BOX = "_static/matcher.js", "_static/errors.js"
# For pages with a cell that has a knob.
KNOBS = "_static/knobs.js"
# It marks single letters inside words; highlight.js takes its place.
SPHINX_HIGHLIGHT = "_static/sphinx_highlight.js"
DARK_CODE_STYLE = "a11y-high-contrast-dark"


def choose_dark_code_style(app: Sphinx) -> None:
    """Set the colours of code in the dark.

    Not in _config.yml: Furo is loaded after it is read, and the value would be unknown there.
    """
    app.config.pygments_dark_style = DARK_CODE_STYLE


def choose_assets(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Give the page one stylesheet, and leave out scripts for things it does not have."""
    context["css_files"] = [f"_static/{STYLESHEET}"]
    unwanted = {SPHINX_HIGHLIGHT}
    code = list(doctree.findall(nodes.literal_block)) if doctree else []
    if not code:
        unwanted |= COPY_SCRIPTS
    if not any(has_knob(block.astext()) for block in code):
        unwanted.add(KNOBS)
    present = {type(node) for node in doctree.findall()} if doctree else set()
    unwanted |= {script for script, classes in SCRIPTS_OF.items() if present.isdisjoint(classes)}
    if not context.get("error_cards"):
        unwanted.add(MATCHER)
    if doctree is None or not context.get("error_cards"):
        unwanted.add(BOX)
    context["script_files"] = [
        script for script in context["script_files"] if script.filename not in unwanted
    ]


def setup(app: Sphinx) -> None:
    """Register the stylesheet and scripts of the course, and the choice among all of them."""
    app.add_css_file("lantern.css", priority=900)
    app.add_js_file("highlight.js")
    app.add_js_file("knobs.js")
    app.add_js_file("site.js")
    app.add_js_file("memory.js")
    app.add_js_file("quiz.js")
    app.add_js_file("evening.js")
    app.add_js_file("diagnosis.js")
    app.add_js_file("matcher.js")
    app.add_js_file("errors.js")
    app.connect("builder-inited", choose_dark_code_style, priority=100)
    # Furo adds its own part of the context at the default priority, and rewrites the
    # colours of code when the build ends: both of ours come after.
    app.connect("html-page-context", choose_assets, priority=900)
    app.connect("build-finished", join_stylesheets, priority=900)
