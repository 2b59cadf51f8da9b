"""What every picture is made of: colours for light and dark, marks, and the words beside it."""

import hashlib
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

# Each picture is drawn twice, for a page and for a phone; where it stands, one of them is shown.
WIDE, NARROW = 720.0, 330.0  # pixels
LEFT, RIGHT = 104, 12  # pixels beside what is drawn
LINE, LEGEND = 15, 24  # pixels from one line to the next
LETTER = 6.6  # pixels that a letter takes at most, on average

# Every pair of text and background has a contrast of at least 4.5 to 1.
LIGHT = (
    "--ink:#1f2328;--soft:#59636e;--run:#8a4b00;--queue:#b3261e;--query:#0b5cad;"
    "--hold:#0b5cad;--frozen:#c62828;--frozen-back:#c6282822;--grid:#d1d9e0"
)
DARK = (
    "--ink:#f0f3f6;--soft:#b7bdc8;--run:#ffb757;--queue:#ff8f85;--query:#74b4ff;"
    "--hold:#74b4ff;--frozen:#ff7b72;--frozen-back:#ff7b7233;--grid:#3d444d"
)
MARKS = """
figure.lantern-picture{container-type:inline-size}
.lantern-picture svg{display:block;max-width:100%;height:auto;background:none}
.lantern-picture .narrow{display:none;width:28em}
@media screen{@container (max-width:660px){
.lantern-picture .wide{display:none}.lantern-picture .narrow{display:block}}}
.lantern-picture text{font:12px system-ui,sans-serif;fill:var(--ink)}
.lantern-picture .title{font-weight:600;font-size:13px}
.lantern-picture .soft{fill:var(--soft)}
.lantern-picture .grid{stroke:var(--grid);fill:none}
.lantern-picture .run{fill:var(--run)}
.lantern-picture .queue{stroke:var(--queue)}
.lantern-picture .hatch{stroke:var(--queue);stroke-width:2}
.lantern-picture .query{fill:var(--query)}
.lantern-picture .hold{fill:none;stroke:var(--hold)}
.lantern-picture .wait{fill:var(--soft)}
.lantern-picture .frozen{fill:var(--frozen-back);stroke:var(--frozen);stroke-dasharray:4 3}
.lantern-picture .frozen-word,
.lantern-picture .failed-word{fill:var(--frozen);font-weight:600;text-anchor:end}
.lantern-picture .failed{fill:var(--frozen);font-weight:600}
.lantern-picture .who{font-weight:600}
.lantern-picture .lead{stroke:var(--grid);stroke-dasharray:1 3}
.lantern-picture .busy{fill:var(--grid);fill-opacity:.5;stroke:var(--soft);stroke-dasharray:1 3}
.lantern-picture .busy-word{fill:var(--soft);font-weight:600;text-anchor:end}
.lantern-picture .limit{stroke:var(--queue);stroke-dasharray:6 4;fill:none}
.lantern-picture .step{stroke:var(--query);stroke-width:2;fill:none}
""".replace("\n", "")
# A page says in one of these ways that it is dark: the site, or JupyterLab.
STYLE = (
    f".lantern-picture{{{LIGHT};margin:1em 0}}"
    "html[data-theme=dark] .lantern-picture,body[data-theme=dark] .lantern-picture,"
    f"body[data-jp-theme-light=false] .lantern-picture{{{DARK}}}"
    "@media (prefers-color-scheme:dark){body[data-theme=auto] .lantern-picture"
    f"{{{DARK}}}}}{MARKS}"
)

OWN_STYLE = re.compile(r'(?<=<figure class="lantern-picture">)<style>.*?</style>', re.DOTALL)

# Where no style says which drawing is shown, it is the wide one.
SHOWN, NOT_SHOWN = 'class="wide"', 'class="narrow" display="none"'
# Ids must differ between figures: a pattern inside a folded figure would draw nothing elsewhere.
HATCH_ID = "hatch-of-this-figure"
HATCH = (
    f'<defs><pattern id="{HATCH_ID}" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>'
)


@dataclass(frozen=True)
class Drawing:
    """What is drawn: parts of an SVG, and how many pixels they take."""

    parts: list[str]
    height: float
    width: float = WIDE


@dataclass(frozen=True)
class Picture:
    """An SVG figure as HTML, what it shows in words, and a summary that no clock changes."""

    html: str
    words: str
    summary: str

    def __repr__(self) -> str:
        return f"<Picture: {self.summary}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": repr(self)}


def figure(wide: Drawing, narrow: Drawing, label: str, words: list[str], summary: str) -> Picture:
    """Return the picture of both drawings: `label` names it, `words` tell it in sentences."""
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in words)
    html = (
        f'<figure class="lantern-picture"><style>{STYLE}</style>'
        f"{_svg(wide, label, SHOWN)}{_svg(narrow, label, NOT_SHOWN)}"
        f"<details><summary>The picture in words</summary>{told}</details></figure>"
    )
    return Picture(html, "\n".join(words), summary)


def without_style(html: str) -> str:
    """Return HTML whose pictures have no style of their own, for a page that has STYLE once."""
    return OWN_STYLE.sub("", html)


def _svg(drawing: Drawing, label: str, shown: str) -> str:
    drawn = HATCH + "".join(drawing.parts)
    digest = hashlib.sha256(drawn.encode()).hexdigest()[:8]
    return (
        f'<svg {shown} role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {drawing.width:.0f} {drawing.height:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg">{drawn.replace(HATCH_ID, f"hatch-{digest}")}</svg>'
    )


def as_file(html: str) -> str:
    """Return the drawing of a figure as an SVG file that follows the reader's colour scheme."""
    svg = re.search(r"<svg.*?</svg>", html, re.DOTALL)
    if svg is None:
        raise ValueError("This figure holds no drawing.")
    style = (
        f".lantern-picture{{{LIGHT}}}"
        f"@media (prefers-color-scheme:dark){{.lantern-picture{{{DARK}}}}}{MARKS}"
    )
    opening = svg[0].replace('class="wide"', 'class="lantern-picture"', 1)
    return re.sub("(?<=>)", f"<style>{style}</style>", opening, count=1) + "\n"


def titled(parts: list[str], title: str, y: float, width: float) -> float:
    """Write a title, in as many lines as it needs, and return where the next line would stand."""
    for line in wrapped(title, width / 1.2) or [""]:
        parts.append(text(0, y + 18, line, "title"))
        y += LINE + 3
    return y


def legend(
    parts: list[str],
    marks: Iterable[tuple[Callable[[float, float], str], str]],
    x: float,
    y: float,
    width: float,
) -> float:
    """Write words beside marks, each drawn at an x and the y of its middle; return the end."""
    left = x
    for draw, words in marks:
        if x + 24 + 6.4 * len(words) > width:
            x, y = left, y + LEGEND
        parts.append(draw(x, y + 11))
        parts.append(text(x + 21, y + 15, words))
        x += 36 + 6.2 * len(words)
    return y + LEGEND


def mark(kind: str, height: float) -> Callable[[float, float], str]:
    """Return what draws a piece of a bar of that kind in a legend."""
    return lambda x, middle: rect(kind, x, middle - height / 2, 16, height)


def wrapped(words: str, width: float, most: int | None = None) -> list[str]:
    """Return the words as lines that are no wider, and no more than so many."""
    return textwrap.wrap(words, int(width / LETTER), max_lines=most, placeholder=" …")


def cut(words: str, width: float) -> str:
    """Return the words, or as much of them as has room."""
    most = int(width / LETTER)
    return words if len(words) <= most else words[: most - 1] + "…"


def rect(kind: str, x: float, y: float, width: float, height: float, told: str = "") -> str:
    """Return a rectangle; `told` is read when it is pointed at."""
    inside = f"<title>{escape(told)}</title>" if told else ""
    filled = f' fill="url(#{HATCH_ID})"' if kind == "queue" else ""
    return (
        f'<rect class="{kind}"{filled} x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}">{inside}</rect>'
    )


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Return text, or nothing for no words."""
    chosen = f' class="{kind}"' if kind else ""
    return f'<text{chosen} x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>' if words else ""
