"""What a terminal prints leads to its card, in Python and in the page's JavaScript alike."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course.project import ROOT
from lantern.cards import SLOT, cards
from tools.cards import blocks

MESSAGES = Path(__file__).with_name("messages.txt").read_text("utf-8")
# Each with how the title of its card begins; "none" for what is no card's.
ASKED = re.findall(r"(?ms)^=== (.+?)\n(.*?)(?=\n*^=== |\n*\Z)", MESSAGES)
KNOWN = [(title, text) for title, text in ASKED if title != "none"]
UNKNOWN = [text for title, text in ASKED if title == "none"]
MATCHER = ROOT / "tools" / "site" / "static" / "matcher.js"
NODE = """
const { matcher, table, texts } = JSON.parse(require("node:fs").readFileSync(0, "utf-8"));
const Cards = new Function(`${matcher}; return Cards;`)();
const cards = new Cards(table);
console.log(JSON.stringify(texts.map((text) => cards.find(text))));
"""
# What else one may paste: nothing, much, words that JavaScript's objects have, other scripts.
STRANGE = [
    "", "\n\n", ":", "…", "<>", "constructor", "toString: hasOwnProperty", "Größe: ﬁ İ K",
    "Traceback (most recent call last):", "RuntimeError",
    "x'" * 50_000, "<" * 50_000 + ">" * 50_000, " " * 50_000 + "│", "a.B" * 30_000, "/a" * 50_000,
    "Error: database is locked", "the session is closed", "event loop", "is locked",
    "\x1b[31msqlalchemy.exc.InvalidRequestError\x1b[0m: Session is already flushing",
]  # fmt: skip


def ids(texts: list[str]) -> list[str]:
    """The last line of each text, as the name of its test."""
    return [text.splitlines()[-1][:60] for text in texts]


@pytest.mark.parametrize(("title", "text"), KNOWN, ids=ids([text for _, text in KNOWN]))
def test_what_a_terminal_prints_leads_to_its_card(title: str, text: str) -> None:
    answer = cards().find(text)
    assert answer.cards, [card["title"] for card in answer.nearest]
    assert answer.cards[0]["title"].startswith(title)
    assert answer.nearest == ()


@pytest.mark.parametrize("text", UNKNOWN, ids=ids(UNKNOWN))
def test_what_is_unknown_gets_no_card_and_at_most_three_that_are_near(text: str) -> None:
    answer = cards().find(text)
    assert [card["title"] for card in answer.cards] == []
    assert len(answer.nearest) <= 3


def test_there_are_sixty_of_ours_and_thirty_that_are_not() -> None:
    assert len(KNOWN) >= 60
    assert len(UNKNOWN) >= 30


def test_the_page_finds_what_python_finds() -> None:
    texts = [*(text for _, text in ASKED), *STRANGE, *(card["title"] for card in cards().cards)]
    table = json.loads((ROOT / "lantern" / "cards.json").read_text("utf-8"))
    done = subprocess.run(
        [Path(sys.executable).with_name("node"), "-e", NODE],
        input=json.dumps({"matcher": MATCHER.read_text("utf-8"), "table": table, "texts": texts}),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    titles = [card["title"] for card in cards().cards]
    for text, found in zip(texts, json.loads(done.stdout), strict=True):
        answer = cards().find(text)
        for kind, numbers in found.items():
            expected = [card["title"] for card in getattr(answer, kind)]
            assert [titles[number] for number in numbers] == expected, text


def test_the_title_of_a_card_leads_to_it() -> None:
    for card in cards().cards:
        assert cards().find(card["title"].rstrip(SLOT)).cards[0]["title"] == card["title"]


def test_a_card_without_a_cell_was_printed_by_a_recorded_run() -> None:
    recorded = [block for block in blocks(ROOT) if "recorded" in block.options]
    assert recorded
    for block in recorded:
        assert any(block.title.startswith(title) for title, _ in KNOWN), block.title


def test_each_word_that_varies_stands_in_its_title() -> None:
    for block in blocks(ROOT):
        for word in block.options.get("varies", "").split():
            assert word in block.title, block.title
        assert SLOT not in block.title.rstrip(SLOT), block.title
