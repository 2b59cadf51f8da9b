"""Predictions of a lesson: what is asked, what one can choose, and what is said of each choice.

The choices are a list in the Markdown of the cell, as any notebook shows it. Which one is right,
and a sentence for each, stand in the metadata of the cell, which a notebook does not show:
`"prediction": {"right": 2, "said": ["…", "…", "…"]}`, counted from 1. A prediction without a list
is open: one writes what one expects. Cases of the clinic ask in other words for the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course.notebook import Notebook, source

WORDS = ("Predict.", "What do you suspect?")  # in bold, before the question
MARK = re.compile("|".join(re.escape(f"**{words}**") for words in WORDS))
MOST_WORDS = 30  # of a sentence
# A choice that is understood only after another one; the book shows them in an order of its own.
LEANS = re.compile(r"\bwithout one$|^there is (one|none)\b|\beither$|^(after|before) it$")


@dataclass(frozen=True)
class Prediction:
    """One prediction, by the id of its cell; `right` is 0 where nothing says which choice is."""

    cell: str
    question: str
    choices: tuple[str, ...]
    right: int
    said: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its id on the page."""
        return f"prediction-{self.cell}"


def predictions_of(notebook: Notebook) -> list[Prediction]:
    """Return the predictions of a lesson in their order."""
    return [
        _read(cell["id"], source(cell)[mark.end() :], cell["metadata"].get("prediction", {}))
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown" and (mark := MARK.search(source(cell)))
    ]


def _read(cell: str, text: str, key: dict[str, Any]) -> Prediction:
    question, _, below = text.strip().partition("\n\n")
    first = below.partition("\n\n")[0]
    choices = tuple(" ".join(each.split()) for each in f"\n{first}".split("\n- ")[1:])
    said = tuple(key.get("said", ()))
    return Prediction(cell, " ".join(question.split()), choices, key.get("right", 0), said)


def problems(asked: Prediction) -> Iterator[str]:
    """Yield a sentence for whatever keeps a prediction from being answered."""
    if not asked.choices:
        if asked.said or asked.right:
            yield "has a key and no list of choices."
        return
    if len(asked.choices) < 2 or len({*asked.choices}) < len(asked.choices):
        yield "needs at least two choices, and no two that say the same."
    for choice in filter(LEANS.search, asked.choices):
        yield f"has a choice that needs another one before it: {choice!r}"
    if not 1 <= asked.right <= len(asked.choices):
        yield f"does not say which of its {len(asked.choices)} choices is right."
    if len(asked.said) != len(asked.choices):
        yield f"has {len(asked.choices)} choices and says something of {len(asked.said)}."
    if len({*asked.said}) < len(asked.said):
        yield "says the same of two choices."
    for said in asked.said:
        if not said.endswith((".", "?")) or len(said.split()) > MOST_WORDS:
            yield f"says no sentence of at most {MOST_WORDS} words: {said!r}"
