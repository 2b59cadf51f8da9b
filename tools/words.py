"""What the course's prose may say: its words, and the names by which it calls its own parts."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from course.notebook import read, source

# Words the course does without: they hurry the reader or praise the writer.
UNWANTED = re.compile(r"\b(simply|just|blazing\w*|seamless\w*|effortless\w*|obviously)\b", re.I)
# Words of the theatre that are everyday words too, each with what it stands for: SQLAlchemy's word
# comes first, so where the other one stands alone it mostly means something else.
STANDS_FOR = {"counter": "engine", "form": "session", "stamp": "commit", "usher": "loop"}
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
# What has a name of its own: headings, links, titles in italics, SQLAlchemy's version counter.
NAMES = re.compile(
    r"(?m)^#.*$|\[[^\]]*\]\([^)]*\)|(?<!\*)\*[^*\n]+\*(?!\*)|^:shown:.*$|\bversion counters?\b"
)
CALLED = re.compile(r"\b(?:lesson|chapter)s? ((?:\*[^*\n]+\*(?:, and |, | and )?)+)")
DEPENDS = re.compile(r":::\{heard\} (.*)\n:verdict: nuance\n:shown: .*\n(.*)")


def problems_of_words(name: str, text: str, titles: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each word that is better left out, or called by another name."""
    prose = CODE.sub("", text)
    for match in UNWANTED.finditer(prose):
        yield f"{name} says {match[0]!r}; the sentence is better without it."
    for listed in CALLED.findall(prose):
        for title in re.findall(r"\*([^*]+)\*", listed):
            if title not in titles:
                yield f"{name} speaks of *{title}*, which is no lesson's title and no chapter's."
    for heard, verdict in DEPENDS.findall(text):
        if not verdict.startswith("It depends on"):
            yield f"{name} says of {heard} that it depends, and does not begin with on what."
    for block in _blocks(text):
        prose = NAMES.sub("", CODE.sub("", block))
        for word, stands_for in STANDS_FOR.items():
            if re.search(rf"\b{word}(s|ed)?\b", prose, re.I) and stands_for not in block.lower():
                yield f"{name} says {word!r}, which is the {stands_for}, where nothing says so."


def titles_of(root: Path) -> set[str]:
    """Return the titles of all lessons and pages."""
    texts = [source(read(path)["cells"][0]) for path in (root / "notebooks").glob("*.ipynb")]
    texts += [path.read_text(encoding="utf-8") for path in (root / "book").glob("*.md")]
    return {text.partition("\n")[0].removeprefix("# ").strip() for text in texts}


def _blocks(text: str) -> list[str]:
    """A block of colons by itself, what stands between two headings, or the whole of a cell."""
    outside = re.sub(r"(?ms)^:::\{.*?^:::$", "", text)
    return re.findall(r"(?ms)^:::\{.*?^:::$", text) + re.split(r"(?m)^(?=## )", outside)
