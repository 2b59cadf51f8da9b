"""Make a class: `python -m tests.grading.a_class FOLDER [LEARNERS [CHAPTER]]`.

Its submissions are the known answers of every exercise and the hostile ones, in turn, so that
every run makes the same class.
"""

import itertools
import json
import sys
from pathlib import Path

from course.checking.exercise import stems
from tests.grading.hostile import CASES, FILES, STEM
from tools.answers import notebooks


def make(folder: Path, learners: int, chapters: tuple[str, ...] = ()) -> None:
    """Write one notebook for each learner, the chapters in turn, every third one a hostile case."""
    chosen = [stem for stem in stems() if not chapters or stem in chapters]
    turns = {stem: notebooks(stem) for stem in chosen}
    hostile = itertools.cycle(
        [(name, case.stem, case.notebook()) for name, case in CASES.items()]
        + [(name, STEM, contents) for name, contents in FILES.items()]
    )
    for number in range(learners):
        stem = chosen[number % len(chosen)]
        contents: dict | bytes = next(turns[stem])
        name = f"learner{number:04}"
        if number % 3 == 2 and not chapters:
            case, stem, contents = next(hostile)
            name = f"{name} {case}"
        path = folder / name / f"{stem}.ipynb"
        path.parent.mkdir(parents=True)
        data = contents if isinstance(contents, bytes) else json.dumps(contents).encode()
        path.write_bytes(data)


if __name__ == "__main__":
    target, count, *of = sys.argv[1:]
    make(Path(target), int(count), tuple(of))
