"""Grade what a class handed in, from the files to the report."""

import shutil
import signal
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from course.checking.exercise import NOT_ATTEMPTED, RIGHT, STAR
from course.grading.attempt import Attempt
from course.grading.counting import choose_what_counts
from course.grading.exports import NOTHING, write_all
from course.grading.grader import Grader
from course.grading.handed_in import find_files, is_notebook
from course.grading.handing_back import write_feedback_zips
from course.grading.observers import Observers
from course.grading.people import Person, people
from course.grading.report import recognised, write_report
from course.grading.results import Result, make_result
from course.grading.roster import Entry
from course.grading.submissions import Submission, submissions
from course.lock import only_one
from course.project import ROOT

# What the course's own notebooks must come to.
DUE = {"solutions": (RIGHT, STAR), "exercises": (NOT_ATTEMPTED,)}


def grade_class(
    source: Path,
    out: Path,
    observers: Observers,
    seconds: float,
    learner: str = "",
    roster: Sequence[Entry] = (),
    attempt: Attempt = Attempt.BEST,
) -> None:
    """Grade what lies in `source`, and write everything below `out`."""
    with only_one("grading", out):
        clear_unfinished(out)
        persons = people(graded(source, out, observers, seconds, learner), roster)
        for person in persons:
            choose_what_counts(person, attempt)
        write_all(persons, out)
        report = write_report(persons, out)
        write_feedback_zips(persons, out)
    _say_how_it_went(persons)
    typer.echo(f"The report on the class: {report}")


def clear_unfinished(out: Path) -> None:
    """Remove files that a run which was killed had begun to write: nobody else writes here."""
    for folder in (out, *(out / name for name in ("submissions", "feedback", "gradescope"))):
        for path in folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)


def graded(
    source: Path, out: Path, observers: Observers, seconds: float, learner: str = ""
) -> list[Result]:
    """Grade all that was handed in, showing how far it is; return the results by path.

    Ctrl-C, or the system's wish to end it, leaves what was finished on disk.
    """
    files = find_files(source)
    others: list[Submission] = []
    results: list[Result] = []
    columns = (TextColumn("Grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=sum(is_notebook(file.path) for file in files))
        notebooks = _notebooks(submissions(files, learner), others)
        try:
            for result in Grader(observers, out / "submissions", seconds).grade(notebooks):
                results.append(result)
                progress.advance(bar)
        except KeyboardInterrupt:
            progress.stop()
            typer.echo(
                f"Stopped after {len(results)} notebooks. The same command goes on from there."
            )
            raise typer.Exit(130) from None
        finally:
            signal.signal(signal.SIGTERM, before)
    protection = vars(observers.protection)
    results += [make_result(other, "", protection) for other in others]
    return sorted(results, key=lambda result: result.path)


def _notebooks(every: Iterable[Submission], others: list[Submission]) -> Iterator[Submission]:
    """Give the notebooks, and put whatever else was handed in into a list."""
    for submission in every:
        if submission.is_notebook:
            yield submission
        else:
            others.append(submission)


def _say_how_it_went(persons: Sequence[Person]) -> None:
    results = [result for person in persons for result in person.results]
    notebooks = [result for result in results if result.is_notebook]
    for sentence in recognised(results):
        typer.echo(f"{sentence}.")
    for result in results:
        if result.problem:
            typer.echo(f"Not graded: {result.path}: {result.problem}")
    for result in results:
        if result.remark:
            typer.echo(f"To be sorted out: {result.path}: {result.remark}")
    for ask in dict.fromkeys(ask for person in persons for ask in person.asks):
        typer.echo(f"To be sorted out: {ask}")
    if without := [person.called for person in persons if not person.results]:
        typer.echo(f"{len(without)} on the roster {NOTHING}: {', '.join(without)}.")
    if tried := sum(result.no_verdict for result in results):
        typer.echo(f"{tried} notebooks have no mark yet: run the same command again.")
    missing = results[0].protection["off"] if results else []
    if missing:
        typer.echo(f"Protection that this system does not give: {'; '.join(missing)}.")
    done = sum(not result.problem for result in notebooks)
    typer.echo(f"{done} of {len(notebooks)} notebooks are graded.")


def check_the_grader(observers: Observers, seconds: float) -> bool:
    """Grade the course's answers and its stubs; say what came out, and return if it is right."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        handed_in = Path(folder, "handed in")
        for name in DUE:
            shutil.copytree(ROOT / name, handed_in / name, ignore=shutil.ignore_patterns(".*"))
        for result in graded(handed_in, Path(folder, "results"), observers, seconds):
            for each in result.exercises:
                right = each["state"] in DUE[result.path.split("/")[0]]
                wrong += not right
                sign = "as it should be" if right else "NOT as it should be"
                typer.echo(f"{result.path} {each['exercise']}: {each['state']}, {sign}")
    for phrase in observers.protection.on:
        typer.echo(f"Protection: {phrase}")
    for phrase in observers.protection.off:
        typer.echo(f"Protection that this system does not give: {phrase}")
    typer.echo("The grader works here." if not wrong else f"{wrong} verdicts are wrong here.")
    return not wrong
