"""The one stylesheet of all pages, with what pages use of the theme and the extensions.

Of what these bring, 47 of 91 KB are comments, rules for what no page has, and custom properties
that nothing asks for. Without them a host sends 7 KB less with each page, of some 50:
`python -m tools.bench pages`.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx
from tinycss2.ast import AtRule, Declaration, Node, QualifiedRule

from lantern.pictures.figure import STYLE as PICTURES

STYLESHEET = "site.css"
OURS = "lantern.css"
# myst-nb's stylesheet is mostly 256 terminal colours; lantern.css has the rules that we use.
UNUSED_STYLES = ("mystnb.",)
# Furo shows what is on a page from the first width on; ours is narrow enough for the second.
CONTENTS_SHOWN = ("82em", "79.5em")
WORD = re.compile(r"[\w-]+")
ASKED_FOR = re.compile(r"var\(\s*(--[\w-]+)")


def join_stylesheets(app: Sphinx, error: Exception | None) -> None:
    """Write the one stylesheet out of those of the theme, the extensions, course and pictures."""
    if error or app.builder.name != "html":
        return
    site = Path(app.outdir)
    words = words_of([*site.rglob("*.html"), *site.rglob("*.js")])
    sheets = sorted(app.builder._css_files, key=lambda sheet: sheet.priority)
    parts = []
    for name in dict.fromkeys(str(sheet.filename) for sheet in sheets):
        if not Path(name).name.startswith(UNUSED_STYLES):
            sheet = (site / name).read_text("utf-8")
            # What a lesson that runs shows, only our own sheet knows.
            parts.append(used(sheet, None if Path(name).name == OURS else words))
    kept = without_unasked("\n".join(parts), {*words, *ASKED_FOR.findall(PICTURES)})
    whole = f"{kept}\n{PICTURES}"
    (site / "_static" / STYLESHEET).write_text(whole.replace(*CONTENTS_SHOWN), "utf-8")


def words_of(files: Iterable[Path]) -> set[str]:
    """Every word of some files: each class that a page has or a script sets is among them."""
    return {word for file in files for word in WORD.findall(file.read_text("utf-8"))}


def used(sheet: str, words: set[str] | None) -> str:
    """A stylesheet without comments, and without rules for classes that are not among the words."""
    return _written(sheet, words, None)


def without_unasked(sheet: str, words: set[str]) -> str:
    """A stylesheet without custom properties that neither it nor one of the words asks for."""
    shorter = _written(sheet, None, words.union(ASKED_FOR.findall(sheet)))
    # What only an unasked one had asked for is unasked now.
    return sheet if shorter == sheet else without_unasked(shorter, words)


def _written(sheet: str, words: set[str] | None, properties: set[str] | None) -> str:
    rules = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    return "\n".join(_rules(rules, words, properties))


def _rules(rules: list[Node], words: set[str] | None, properties: set[str] | None) -> Iterator[str]:
    for rule in rules:
        if isinstance(rule, QualifiedRule):
            selectors = [
                tinycss2.serialize(selector).strip()
                for selector in _selectors(rule.prelude)
                if words is None or words.issuperset(_classes(selector))
            ]
            content = _content(rule, properties)
            if selectors and content:
                yield f"{','.join(selectors)}{{{content}}}"
        elif isinstance(rule, AtRule) and rule.lower_at_keyword in ("media", "supports"):
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if kept := "\n".join(_rules(inner, words, properties)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{kept}}}"
        else:
            yield rule.serialize()


def _content(rule: QualifiedRule, properties: set[str] | None) -> str:
    content = tinycss2.serialize(rule.content)
    if properties is not None:
        parts = tinycss2.parse_blocks_contents(rule.content)
        content = tinycss2.serialize(
            part
            for part in parts
            if not (isinstance(part, Declaration) and part.name.startswith("--"))
            or part.name in properties
        )
    return re.sub(r"\s*/\*.*?\*/|\s+", " ", content).strip(" ;")


def _selectors(prelude: list[Node]) -> Iterator[list[Node]]:
    """The selectors of a list; what stands in brackets, as in :is(), is one token."""
    selector: list[Node] = []
    for token in prelude:
        if token == ",":
            yield selector
            selector = []
        else:
            selector.append(token)
    yield selector


def _classes(selector: list[Node]) -> set[str]:
    """The classes and ids that a selector asks for, but for those in brackets."""
    pairs = pairwise(selector)
    classes = {token.value for dot, token in pairs if dot == "." and token.type == "ident"}
    return classes | {token.value for token in selector if token.type == "hash"}
