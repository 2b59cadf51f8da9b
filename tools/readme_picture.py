"""Write the README's picture from a lesson's stored output: `python -m tools.readme_picture`."""

import sys

import nbformat

from course.project import ROOT
from lantern.pictures.figure import as_file
from tools.site.picture import figures_of

LESSON, TAG = ROOT / "notebooks" / "ch01b_freezing.ipynb", "three-ways"
PICTURE = ROOT / ".github" / "three-ways.svg"


def drawn() -> str:
    """Return the SVG that the lesson's stored output holds today."""
    (figure,) = figures_of(nbformat.read(LESSON, as_version=4), TAG)
    return as_file(figure)


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PICTURE.write_text(drawn(), encoding="utf-8")
    elif PICTURE.read_text(encoding="utf-8") != drawn():
        sys.exit(f"{PICTURE.name} is not the lesson's picture. Run: python -m tools.readme_picture")
