"""How chapters, lessons and exercises are named: the one place that knows.

A chapter's stem is chNN_slug, its lessons are chNNa_slug, and its exercises chNN-exM.
"""

import re

CHAPTER = re.compile(r"ch\d\d")
STEM = re.compile(r"ch\d\d_\w+")
LESSON = re.compile(r"ch\d\d[a-z]_\w+")
EXERCISE = re.compile(r"ch\d\d-ex\d+")
# A line of a page's objectives: the name that a cell and an exercise point to, and the promise.
OBJECTIVE = re.compile(r"- ([a-z][a-z0-9-]*): +(.+)")


def chapter_of(name: str) -> str:
    """Return the chapter that a stem, a lesson or an exercise belongs to: ch01 of ch01b_freezing.

    It is empty for any other name.
    """
    found = CHAPTER.match(name)
    return found[0] if found else ""
