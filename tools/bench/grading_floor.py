"""Run the checks of notebooks and nothing else.

`python -m tools.bench.grading_floor FOLDER RESULT`

In one warm process, one after the other, unprotected: the least that grading can take. RESULT
gets the seconds, without imports and first use, and the points.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from time import perf_counter

from course.checking import host
from course.checking.exercise import Exercise
from course.checking.supervisor import judged
from course.grading.handed_in import find_files
from course.grading.submissions import Submission, submissions

SEED = 1


def main(folder: str, result: str) -> None:
    """Check every notebook in the folder, and write what it took."""
    handed_in = list(submissions(find_files(Path(folder))))
    check(handed_in[0])
    began = perf_counter()
    points = [row for submission in handed_in for row in check(submission)]
    measured = {"seconds": perf_counter() - began, "points": points}
    Path(result).write_text(json.dumps(measured), encoding="utf-8")
    # Threads that the cells left behind must not keep the process alive.
    os._exit(0)


def check(submission: Submission) -> list[tuple[str, str, int]]:
    """Return (learner, exercise, points) for each exercise of a submission."""
    return [
        (submission.learner.name, exercise.id, points_of(submission, exercise))
        for exercise in submission.exercises
    ]


def points_of(submission: Submission, exercise: Exercise) -> int:
    """Run the cells of an exercise, observe its answers, and judge them."""
    with asyncio.Runner() as runner:
        cells = host.cells_of(submission.notebook, exercise.id)
        space, errors = host.run_cells(runner, cells)
        lacking = host.what_is_missing(exercise.answers, space, errors)
        observation = lacking or host.observed(runner, exercise, space, SEED)
        return judged(exercise, observation, SEED).points


if __name__ == "__main__":
    main(*sys.argv[1:])
