"""Which card of *Find your error* fits what a terminal printed: `python -m lantern explain`.

The cards are data, `cards.json`, made from the `error` blocks of the book by `python -m
tools.cards`. A card has forms: the words that stay when names, numbers, addresses and drivers
change, with a slot, `…`, for what does change. A message fits a form whose words it has all, in
their order and next to each other, or of which it is a piece that says enough: each word weighs
as much as it is rare over all cards. Nothing is guessed from words that two messages share; those
only say which cards are the nearest to a message that is unknown.

tools/site/static/matcher.js does the same in the book; one file of messages holds both to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, TypedDict

SLOT = "…"
WIDEST = 8  # words in one slot
DEEPEST = 8  # reprs in one another
MOST = 100_000  # characters of a text that are looked at, its last ones
# Words of a form that say by themselves which message it is, and words that say it at its beginning
# where no class is named.
PLENTY, FEW = 5, 3
ALIKE = 3  # cards that a piece of a message, or a code, may mean
NEAREST = 3
# Packages that are none of ours and say under names of their own what the same drivers say: the
# cures of our cards are not theirs.
OTHERS = {"django", "peewee", "pony", "tortoise"}
LEAST = 100  # weight that is shared with one of the nearest

# No pattern looks at a text of any length twice: what may be of any length is bounded.
DECORATION = re.compile(r"^(?:[\w.-]+ +\| |\s*[|│] ?|> (?! )|E {3,})|\s{0,99}│$", re.ASCII)
COLOUR = re.compile("\x1b\\[[0-9;]*m")
FRAME = re.compile(r'^(\s*)File "')
# What stands between messages; a line without a letter does too.
BETWEEN = re.compile(
    r"Traceback \(most recent|^The above exception was|^During handling of the above|"
    r"^\s*\[(?:SQL|parameters): |^[^A-Za-z]*$"
)
CODE_LINE = re.compile(r"^\s*(?:> |(?:except|raise|class|def|from|import|with|if|assert|return)\b)")
CLASS = re.compile(r"(?:^|[^\w.'\"])((?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?=: |:?\s*$)", re.ASCII)
CLASS_LIKE = re.compile(
    r"^[a-z_]\w*\.|\w(?:Error|Exception|Warning|Group|Interrupt|Exit)$", re.ASCII
)
WRAPPER = re.compile(r"\(((?:[A-Za-z_]\w*\.)+[A-Z]\w*)\)(?=\s)|<class '([\w.]+)'>(?=: )", re.ASCII)
BACKGROUND = re.compile(r"\(?Background on this (?:error|warning) at:?\s*\S*|https?://sqlalche\S*")
CODE = re.compile(r"sqlalche\.me/e/\w+/(\w+)", re.ASCII)
CUT_OFF = re.compile(r"[A-Za-z0-9_]{0,99}(?:\.\.\.|…)\s*$")
REPR = re.compile(r"<[^<>]*>")
PATH = re.compile(r"[^\s\\/]{0,99}(?:[\\/][^\s\\/]{0,99}){2,}")
WORD = re.compile(r"<>|…|[a-z0-9_]+(?:'[a-z]+)?")
LINE_END = re.compile(r"\r\n|\r|\n")
NUMBER = re.compile(r"[0-9]+")

LABEL = re.compile(r"^\s*[A-Za-z]+:\s+")


class Form(TypedDict):
    """A form of a message: its classes, its own first; its words and slots; whether it goes on."""

    names: list[str]
    words: list[str]
    open: bool


class Card(TypedDict):
    """A card as the data has it.

    `alone` are the classes that lead to it by themselves; `shown` is the cell that shows it, or
    `recorded` the run that it was taken from.
    """

    title: str
    anchor: str
    shown: str
    recorded: str
    cause: str
    cure: str
    test: str
    alone: list[str]
    forms: list[Form]


@dataclass(frozen=True)
class Message:
    """One message of a text.

    `names` are the classes that it names, the error's own first, and empty for a line without
    one; `line` are the words of its first line, `words` those of all, `text` is all of it.
    """

    names: tuple[str, ...]
    line: list[str]
    words: list[str]
    text: str

    @property
    def is_warning(self) -> bool:
        """Whether it is a warning, by its class."""
        return self.names[:1] != () and self.names[0].endswith("Warning")


@dataclass(frozen=True)
class Answer:
    """The cards that fit, the best first; where none does, the nearest."""

    cards: tuple[Card, ...]
    nearest: tuple[Card, ...]


def last(name: str) -> str:
    """The name of a class without its module."""
    return name.rpartition(".")[2]


def unwrapped(text: str) -> tuple[tuple[str, ...], str]:
    """The classes that a driver's and SQLAlchemy's brackets name, and the text without them."""
    names = tuple(found[1] or found[2] for found in WRAPPER.finditer(text))
    return names, WRAPPER.sub(" ", text)


def words_of(text: str) -> list[str]:
    """The words that carry meaning: a repr, a number and a path are each the same as any other."""
    text = PATH.sub(" ", BACKGROUND.sub(" ", text))
    for _ in range(DEEPEST):
        text = REPR.sub(" \0 ", text)
    found = WORD.findall(text.replace("\0", "<>").lower())
    return ["#" if NUMBER.fullmatch(word) else word for word in found]


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text without what stands before and behind them, and without its frames."""
    text = COLOUR.sub("", text[-MOST:]).replace("\u2019", "'").replace("\\n", "\n")
    frame: int | None = None
    for line in LINE_END.split(text):
        line = DECORATION.sub("", DECORATION.sub("", line))
        indent = len(line) - len(line.lstrip())
        if found := FRAME.match(line):
            frame = len(found[1])
        elif frame is None or indent <= frame:
            frame = None
            yield line


class Cards:
    """The cards of one table."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.cards: list[Card] = table["cards"]
        self.weights: dict[str, int] = table["weights"]
        self.enough: int = table["enough"]
        self.codes: dict[str, list[int]] = table["codes"]
        self.known = {last(n) for c in self.cards for form in c["forms"] for n in form["names"]}

    def messages(self, text: str) -> Iterator[Message]:
        """The messages of a text, in its order: one an error, and one a paragraph without any."""
        names: tuple[str, ...] = ()
        lines: list[str] = []
        margin = 0
        for line in lines_of(text):
            indent = len(line) - len(line.lstrip())
            if BETWEEN.search(line):
                yield from message(names, lines)
                names, lines = (), []
            elif found := self.head(line, inside=bool(names), margin=margin):
                yield from message(names, lines)
                names, lines, margin = (found[1],), [line[found.end() :]], indent
            else:
                lines.append(line)
        yield from message(names, lines)

    def head(self, line: str, inside: bool, margin: int) -> re.Match[str] | None:
        """The class that begins a message: inside of one, at the beginning of a line only."""
        if CODE_LINE.match(line):
            return None
        for found in CLASS.finditer(line):
            if inside and (line[: found.start(1)].strip() or found.start(1) > margin):
                return None
            if CLASS_LIKE.search(found[1]) or last(found[1]) in self.known:
                return found
        return None

    def find(self, text: str) -> Answer:
        """What fits a traceback, a line, the name of a class, or a link to sqlalche.me."""
        said = list(self.messages(text))
        # The last error is the one that was not caught; a warning may be printed behind it.
        order = sorted(reversed(said), key=lambda each: each.is_warning)
        final = next((each for each in order if each.names), None)
        if final and final.names[0].partition(".")[0] in OTHERS:
            return Answer((), tuple(self.cards[n] for n in self.near(said)[:NEAREST]))
        found: dict[int, None] = {}
        for each in order:
            found.update(dict.fromkeys(self.fitting(each, each is final)))
        # A code says which error it is, or no more than its class.
        coded = list(dict.fromkeys(self.coded(text)))
        numbers = list(found) or (coded if len(coded) <= ALIKE else [])
        near = [] if numbers else (self.near(said) or coded)[:NEAREST]
        return Answer(*(tuple(self.cards[n] for n in chosen) for chosen in (numbers, near)))

    def coded(self, text: str) -> list[int]:
        """The cards of the codes in a text."""
        return [number for code in CODE.findall(text) for number in self.codes.get(code, [])]

    def fitting(self, said: Message, is_final: bool) -> list[int]:
        """The cards that a message fits, the best first.

        A class alone counts where it is the final word: below another error it is only on the way.
        """
        raw = {*WORD.findall(said.text.lower())}
        ranks: dict[int, tuple[int, ...]] = {}
        for number, card in enumerate(self.cards):
            fit = [self.fit(form, said) for form in card["forms"]]
            if is_final and said.names[0] in card["alone"]:
                fit += [(1, 0, 0) for form in card["forms"] if not (form["words"] and said.words)]
            if best := max(filter(None, fit), default=None):
                ranks[number] = (*best, len(raw & {*WORD.findall(card["title"].lower())}))
        whole = any(rank[0] for rank in ranks.values())
        if not whole and len(ranks) > ALIKE:
            return []
        kept = [number for number, rank in ranks.items() if rank[0] or not whole]
        return sorted(kept, key=ranks.__getitem__, reverse=True)

    def fit(self, form: Form, said: Message) -> tuple[int, int, int] | None:
        """How well a message fits a form: as a whole, by its classes, by the words' weight."""
        words, own = form["words"], [last(name) for name in form["names"]]
        classes = [last(name) for name in said.names]
        if not words or not said.words:
            return None
        same = int(bool({*own} & {*classes})) + int(own[:1] == classes[:1] != [])
        spoken = sum(word in self.weights for word in words)
        begins = goes_on(words, 0, said.words, 0)
        if begins or (spoken >= PLENTY and stands_in(words, said.words)):
            least = 1 if same else PLENTY if classes or form["open"] else FEW
            weight = sum(self.weights.get(word, 0) for word in words)
            return (1, same, weight) if spoken >= least else None
        if (same or not classes) and (is_piece(form, said.line) or is_piece(form, said.words)):
            shared = {*said.words} & {*words}
            weight = sum(self.weights.get(word, 0) for word in shared)
            return (0, same, weight) if len(shared) > 1 and weight >= self.enough else None
        return None

    def near(self, said: list[Message]) -> list[int]:
        """The cards that share the most, weighed by how rare it is, with an unknown message."""
        named = [each for each in said if each.names] or said
        words = {
            word
            for each in named[-1:]
            for word in (*each.words, *(last(name).lower() for name in each.names))
        }
        shares: dict[int, float] = {}
        for number, card in enumerate(self.cards):
            for form in card["forms"]:
                own = {*form["words"], *(last(name).lower() for name in form["names"])}
                total = sum(self.weights.get(word, 0) for word in own)
                shared = sum(self.weights.get(word, 0) for word in own & words)
                if shared >= LEAST:
                    shares[number] = max(shares.get(number, 0.0), shared * shared / total)
        return sorted(shares, key=shares.__getitem__, reverse=True)


def message(names: tuple[str, ...], lines: list[str]) -> Iterator[Message]:
    """The message that a class, if there is one, and some lines make."""
    text = "\n".join(lines)
    text = text if names else LABEL.sub("", text)
    if not names and not text.strip():
        return
    wrapped, bare = unwrapped(text)
    # An ellipsis in a message is no word, and what it cuts off is half of one.
    line, words = (
        [word for word in words_of(CUT_OFF.sub("", part)) if word != SLOT]
        for part in (bare.partition("\n")[0], bare)
    )
    yield Message((*names, *wrapped), line, words, text)


def stands_in(form: list[str], words: list[str]) -> bool:
    """Whether a message has all words of a form somewhere."""
    return any(goes_on(form, 0, words, start) for start in range(len(words)))


def goes_on(form: list[str], place: int, words: list[str], start: int) -> bool:
    """Whether all words of a form from a place on stand at this word of a message, in their order.

    A slot takes any few words.
    """
    while place < len(form):
        if form[place] == SLOT:
            ends = range(start, min(start + WIDEST, len(words)) + 1)
            return any(goes_on(form, place + 1, words, end) for end in ends)
        if start == len(words) or form[place] != words[start]:
            return False
        place, start = place + 1, start + 1
    return True


def is_piece(form: Form, words: list[str]) -> bool:
    """Whether all words of a message are a piece of a form."""
    if not words:
        return False
    starts = (place for place, word in enumerate(form["words"]) if word == words[0])
    return covers(form, 0, words, 0) or any(
        covers(form, at, words, 0, within=True) for at in starts
    )


def covers(form: Form, place: int, words: list[str], start: int, within: bool = False) -> bool:
    """Whether a form from a place on goes on as the message does, to the message's end.

    That of a piece from within the form is no slot: words that it shares would be too few.
    """
    own = form["words"]
    while start < len(words):
        if place == len(own):
            return form["open"]
        if own[place] == SLOT:
            ends = range(start, min(start + WIDEST, len(words) - within) + 1)
            return any(covers(form, place + 1, words, end, within) for end in ends)
        if own[place] != words[start]:
            return False
        place, start = place + 1, start + 1
    return True


@cache
def cards() -> Cards:
    """The cards of the book."""
    return Cards(json.loads(files("lantern").joinpath("cards.json").read_text("utf-8")))
