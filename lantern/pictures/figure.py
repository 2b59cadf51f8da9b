"""What every picture is made of: colours for light and dark, marks, and the words beside it."""

import hashlib
import math
import re
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT = 720, 104, 12  # pixels
THINNEST = 0.4  # pixels; a shorter mark would not be seen

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
.lantern-picture svg{display:block;min-width:36em;max-width:100%;height:auto;background:none}
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
.lantern-picture :is(.frozen-word,.failed-word){fill:var(--frozen);font-weight:600;text-anchor:end}
.lantern-picture .busy{fill:var(--grid);fill-opacity:.5;stroke:var(--soft);stroke-dasharray:1 3}
.lantern-picture .busy-word{fill:var(--soft);font-weight:600;text-anchor:end}
.lantern-picture .limit{stroke:var(--queue);stroke-dasharray:6 4;fill:none}
.lantern-picture .step{stroke:var(--query);stroke-width:2;fill:none}
""".replace("\n", "")
# A page says in one of these ways that it is dark: the site, or JupyterLab.
STYLE = (
    f".lantern-picture{{{LIGHT};margin:1em 0;overflow-x:auto}}"
    "html[data-theme=dark] .lantern-picture,body[data-theme=dark] .lantern-picture,"
    f"body[data-jp-theme-light=false] .lantern-picture{{{DARK}}}"
    "@media (prefers-color-scheme:dark){body[data-theme=auto] .lantern-picture"
    f"{{{DARK}}}}}{MARKS}"
)

# Ids must differ between figures: a pattern inside a folded figure would draw nothing elsewhere.
HATCH_ID = "hatch-of-this-figure"
HATCH = (
    f'<defs><pattern id="{HATCH_ID}" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>'
)


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


def figure(
    parts: list[str],
    height: float,
    label: str,
    words: list[str],
    summary: str,
    width: float = WIDTH,
) -> Picture:
    """Return the picture made of SVG parts: `label` names it, `words` tell it in sentences."""
    drawn = HATCH + "".join(parts)
    digest = hashlib.sha256(drawn.encode()).hexdigest()[:8]
    svg = (
        f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg">{drawn.replace(HATCH_ID, f"hatch-{digest}")}</svg>'
    )
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in words)
    html = (
        f'<figure class="lantern-picture"><style>{STYLE}</style>{svg}'
        f"<details><summary>The picture in words</summary>{told}</details></figure>"
    )
    return Picture(html, "\n".join(words), summary)


def as_file(html: str) -> str:
    """Return the drawing of a figure as an SVG file that follows the reader's colour scheme."""
    svg = re.search(r"<svg.*?</svg>", html, re.DOTALL)
    if svg is None:
        raise ValueError("This figure holds no drawing.")
    style = (
        f".lantern-picture{{{LIGHT}}}"
        f"@media (prefers-color-scheme:dark){{.lantern-picture{{{DARK}}}}}{MARKS}"
    )
    opening = re.sub("^<svg", '<svg class="lantern-picture"', svg[0])
    return re.sub("(?<=>)", f"<style>{style}</style>", opening, count=1) + "\n"


def tick(seconds: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that cuts the axis in four to ten."""
    if seconds <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(seconds / 4))
    return next(power * factor for factor in (5, 2, 1) if power * factor <= seconds / 4)


def x_of(moment: float, seconds: float) -> float:
    """Return the pixel of a moment on an axis of so many seconds."""
    return LEFT + (WIDTH - LEFT - RIGHT) * (moment / seconds if seconds else 0.0)


def bar(
    parts: list[str],
    kind: str,
    start: float,
    end: float,
    y: float,
    height: float,
    seconds: float,
    told: str,
) -> None:
    """Add a bar between two moments, if it is wide enough to be seen."""
    x, width = x_of(start, seconds), x_of(end, seconds) - x_of(start, seconds)
    if width >= THINNEST:
        parts.append(rect(kind, x, y, width, height, told))


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
