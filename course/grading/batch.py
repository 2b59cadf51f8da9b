"""Grade what a class handed in, from the files to the report."""

import shutil
import signal
import tempfile
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
from course.grading.exports import write_all
from course.grading.grader import Grader
from course.grading.observers import Observers
from course.grading.report import write_report
from course.grading.results import Result, choose_what_counts
from course.grading.submissions import find_files, read
from course.lock import only_one
from course.project import ROOT

# What the course's own notebooks must come to.
DUE = {"solutions": (RIGHT, STAR), "exercises": (NOT_ATTEMPTED,)}


def grade_class(
    source: Path, out: Path, observers: Observers, seconds: float, learner: str
) -> None:
    """Grade what lies in `source`, and write everything below `out`."""
    with only_one("grading", out):
        results = graded(source, out, observers, seconds, learner)
        write_all(results, out)
        report = write_report(results, out)
    _say_how_it_went(results)
    typer.echo(f"The report on the class: {report}")


def graded(
    source: Path, out: Path, observers: Observers, seconds: float, learner: str = ""
) -> list[Result]:
    """Grade all that was handed in, showing how far it is; return the results by path.

    Ctrl-C, or the system's wish to end it, leaves what was finished on disk.
    """
    files = find_files(source)
    submissions = (read(path, load(), learner) for path, load in files)
    results: list[Result] = []
    columns = (TextColumn("Grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=len(files))
        try:
            for result in Grader(observers, out / "submissions", seconds).grade(submissions):
                results.append(result)
                progress.advance(bar)
        except KeyboardInterrupt:
            progress.stop()
            typer.echo(
                f"Stopped after {len(results)} of {len(files)} notebooks. The same command "
                "goes on from there."
            )
            raise typer.Exit(130) from None
        finally:
            signal.signal(signal.SIGTERM, before)
    return choose_what_counts(sorted(results, key=lambda result: result.path))


def _say_how_it_went(results: list[Result]) -> None:
    problems = [result for result in results if result.problem]
    for result in problems:
        typer.echo(f"Not graded: {result.path}: {result.problem}")
    for result in results:
        if result.remark:
            typer.echo(f"To be sorted out: {result.path}: {result.remark}")
    missing = results[0].protection["off"] if results else []
    if missing:
        typer.echo(f"On this system there were not: {'; '.join(missing)}.")
    typer.echo(f"{len(results) - len(problems)} of {len(results)} notebooks are graded.")


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
        typer.echo(f"No protection here: {phrase}")
    typer.echo("The grader works here." if not wrong else f"{wrong} verdicts are wrong here.")
    return not wrong
