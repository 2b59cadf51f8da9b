"""The command `python -m course grade`; what it does is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from course.checking.supervisor import SECONDS
from course.failure import CannotContinue
from course.grading.attempt import Attempt


def grade(
    submissions: Annotated[
        Path | None, typer.Argument(help="A folder of notebooks, a zip of them, or one notebook.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the results go.")] = Path("results"),
    check: Annotated[
        bool, typer.Option("--check", help="Grade the course's own answers: does it work here?")
    ] = False,
    learner: Annotated[str, typer.Option(help="The learner that all of it is of.")] = "",
    roster: Annotated[
        Path | None, typer.Option(help="A CSV with the class: name, id, mail, group.")
    ] = None,
    attempt: Annotated[
        Attempt, typer.Option(help="Which of several notebooks for a chapter counts.")
    ] = Attempt.BEST,
    seconds: Annotated[
        float, typer.Option(min=1, help="The most that one answer may take.")
    ] = SECONDS,
    workers: Annotated[
        int, typer.Option(min=0, help="Answers that run at once; 0: as many as wait.")
    ] = 0,
    scheduler: Annotated[
        str, typer.Option(help="A dask scheduler, as in tcp://10.0.0.5:8786.")
    ] = "",
) -> None:
    """Grade submissions, for a class: marks, a report, and a page of feedback for each learner."""
    if submissions is None and not check:
        raise CannotContinue(
            "Name what was handed in: python -m course grade submissions/ --out results/"
        )
    from course.grading.observers import observing

    with observing(workers, scheduler) as observers:
        # While the workers start.
        from course.grading.batch import check_the_grader, grade_class
        from course.grading.roster import read_roster

        if submissions is not None:
            entries = read_roster(roster) if roster else []
            grade_class(submissions, out.resolve(), observers, seconds, learner, entries, attempt)
        elif not check_the_grader(observers, seconds):
            raise typer.Exit(1)
