"""The two drawings of a picture: for a page, and for a phone."""

import re
import xml.etree.ElementTree as ElementTree

from lantern import Picture


def drawings(picture: Picture) -> list[str]:
    """Return the SVG of each: the wide one, then the narrow one."""
    return re.findall(r"<svg.*?</svg>", picture.html, re.DOTALL)


def named_alike(picture: Picture) -> str:
    """Return the name that both have; fails where one is not well-formed, or has another."""
    wide, narrow = (ElementTree.fromstring(svg) for svg in drawings(picture))
    assert wide.attrib["role"] == narrow.attrib["role"] == "img"
    assert wide.attrib["aria-label"] == narrow.attrib["aria-label"]
    return wide.attrib["aria-label"]
