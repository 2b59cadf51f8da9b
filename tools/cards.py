"""Make lantern/cards.json from the `error` blocks of the book: `python -m tools.cards [--check]`.

A block's title is a form of its message, in which the words that `:varies:` names differ from app
to app; what stands in backticks behind **Also.** are other forms, with … for what differs. An … at
the end says that the message goes on.
"""

import builtins
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from pydoc import locate
from typing import Any

from docutils.nodes import make_id

from course.project import ROOT
from lantern.cards import CLASS, SLOT, Card, Form, last, unwrapped, words_of
from tools.site.findings import outputs_of

DATA = ROOT / "lantern" / "cards.json"
BLOCK = re.compile(
    r"(?ms)^:::\{error\} (?P<title>[^\n]+)\n(?P<options>(?::[^\n]*\n)*)(?P<body>.*?)^:::$"
)
OPTION = re.compile(r"(?m)^:([\w-]+): (.+)$")
PART = re.compile(r"(?ms)^\*\*(\w+)\.\*\* (.*?)(?=^\*\*\w+\.\*\* |\Z)")
FORM = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
BACKGROUND = re.compile(r"sqlalche\.me/e/\w+/(\w+)")
SQLALCHEMY_NAME = re.compile(r"\bsqlalchemy(?:\.\w+)+")
# Classes that say little by themselves: each has many messages that are no card's.
UMBRELLAS = {
    *("ArgumentError", "DBAPIError", "DatabaseError", "FastAPIError", "IntegrityError"),
    *("InterfaceError", "InvalidRequestError", "OperationalError", "ProgrammingError"),
    *("StatementError",),
}
ENOUGH = 5.5  # the weight of a piece of a message that says which one it is


@dataclass(frozen=True)
class Block:
    """An `error` block as its chapter has it."""

    page: str
    title: str
    options: dict[str, str]
    parts: dict[str, str]


def blocks(book: Path) -> Iterator[Block]:
    """Every error block of a book, in the order of the page that collects them."""
    for path in sorted((book / "book").glob("ch[0-9][0-9]_*.md")):
        for found in BLOCK.finditer(path.read_text("utf-8")):
            title = " ".join(found["title"].split())
            parts = {name: " ".join(said.split()) for name, said in PART.findall(found["body"])}
            yield Block(f"book/{path.stem}", title, dict(OPTION.findall(found["options"])), parts)


def forms_of(block: Block) -> Iterator[Form]:
    """The forms of a block's message."""
    title = block.title
    for word in block.options.get("varies", "").split():
        title = title.replace(word, SLOT)
    for form in (title, *FORM.findall(block.parts.get("Also", ""))):
        head = CLASS.match(form)
        names, rest = unwrapped(form[head.end() :] if head else form)
        words = words_of(rest)
        kept = [
            word
            for place, word in enumerate(words)
            if word != SLOT or words[place + 1 :][:1] != [SLOT]
        ]
        yield {
            "names": [head[1], *names] if head else [*names],
            "words": kept[:-1] if kept[-1:] == [SLOT] else kept,
            "open": form.endswith(SLOT),
        }


def alone(forms: list[Form]) -> list[str]:
    """The classes that by themselves lead to a card, with their module and mostly without."""
    own = [form for place, form in enumerate(forms) if place == 0 or not form["words"]]
    names = [name for form in own for name in form["names"] if last(name) not in UMBRELLAS]
    named = [name for name in names if not hasattr(builtins, name)]
    short = [last(name) for name in named if not hasattr(builtins, last(name))]
    return list(dict.fromkeys((*named, *short)))


def codes_of(title: str, printed: list[str]) -> list[str]:
    """The codes of a message: those that its cell printed, and those of its classes."""
    words = title.rstrip(SLOT).rstrip()
    links = [BACKGROUND.search(text.partition(words)[2]) for text in printed]
    classes = map(locate, SQLALCHEMY_NAME.findall(title))
    codes = [link and link[1] for link in links] + [getattr(each, "code", "") for each in classes]
    return list(dict.fromkeys(filter(None, codes)))


def table(book: Path) -> dict[str, Any]:
    """The cards of a book with all that the matcher goes by."""
    cards: list[Card] = []
    codes: dict[str, list[int]] = {}
    met: Counter[str] = Counter()
    spoken: Counter[str] = Counter()
    for number, block in enumerate(blocks(book)):
        name = make_id(f"error {block.title}")
        met[name] += 1
        forms = list(forms_of(block))
        lesson, _, tag = block.options.get("shown", "").partition(" ")
        notebook = book / "notebooks" / f"{lesson}.ipynb"
        printed = list(outputs_of(notebook, tag)) if notebook.is_file() else []
        for code in codes_of(block.title, printed):
            codes.setdefault(code, []).append(number)
        said = {part.lower(): plain(text) for part, text in block.parts.items()}
        cards.append(
            {
                "title": block.title,
                "anchor": name if met[name] == 1 else f"{name}-{met[name]}",
                "shown": f"notebooks/{lesson}.html#cell-{tag.replace('_', '-')}" if lesson else "",
                "recorded": plain(block.options.get("recorded", "")),
                **{part: said.get(part, "") for part in ("cause", "cure", "test")},
                "alone": alone(forms),
                "forms": forms,
            }
        )
        classes = {last(name).lower() for form in forms for name in form["names"]}
        own = {word for form in forms for word in form["words"]}
        spoken.update(own | classes | {*words_of(" ".join((block.title, *said.values())))})
    wanted = {word for card in cards for form in card["forms"] for word in form["words"]}
    wanted |= {last(name).lower() for c in cards for form in c["forms"] for name in form["names"]}
    wanted -= {SLOT, "#", "<>"}
    weigh = {word: round(100 * math.log(len(cards) / spoken[word])) for word in sorted(wanted)}
    return {"enough": round(100 * ENOUGH), "codes": codes, "weights": weigh, "cards": cards}


def plain(text: str) -> str:
    """Text of the book as a terminal shows it."""
    return LINK.sub(r"\1", text).replace("**", "")


def written(book: Path = ROOT) -> str:
    """What the file has to hold."""
    return json.dumps(table(book), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        DATA.write_text(written(), encoding="utf-8")
    elif DATA.read_text(encoding="utf-8") != written():
        sys.exit(f"{DATA.name} is not what the book says. Run: python -m tools.cards")
