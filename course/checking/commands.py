"""The commands for exercises: check, progress, hint, solution, reset."""

import json
from pathlib import Path
from typing import Annotated

import typer

from course import workspace
from course.checking import progress
from course.checking.exercise import (
    NOT_ATTEMPTED,
    RIGHT,
    STAR,
    Exercise,
    UnknownExercise,
    Verdict,
    every_exercise,
    exercises_of,
    find,
    stems,
)
from course.checking.progress import Entry
from course.failure import CannotContinue
from course.files import keep_beside, write_whole
from course.names import chapter_of
from course.notebook import Cell, read, source, tagged, tags
from course.project import ROOT

WIDTH = 24  # characters of a full progress bar

Name = Annotated[str, typer.Argument(help="An exercise, as in ch01-ex2.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (check, progress_of_chapters, hint, solution, reset):
        name = "progress" if command is progress_of_chapters else command.__name__
        app.command(name)(command)


def check(
    name: Annotated[
        str, typer.Argument(help="A chapter (ch01) or an exercise (ch01-ex2); default: all.")
    ] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Check again on every save.")] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The case to check on, as a message names it.")
    ] = None,
) -> None:
    """Check your answers in workspace/. Exit code 0 if every one passes."""
    chosen = _chosen(name)
    workspace.hand_out()
    results = _check(chosen, seed)
    if watch:
        _watch(chosen)
        return
    raise typer.Exit(0 if all(verdict.passed for verdict in results) else 1)


def progress_of_chapters() -> None:
    """Show what you have done so far, a bar a chapter."""
    done, width = progress.best(), max(map(len, stems()))
    for stem in stems():
        exercises = exercises_of(stem)
        entries = [done.get(exercise.id, Entry(exercise.id)) for exercise in exercises]
        points = sum(entry.points for entry in entries)
        total = sum(len(exercise.promises) for exercise in exercises)
        full = WIDTH * points // total
        states = ", ".join(f"{entry.exercise} {entry.state}" for entry in entries)
        bar = "█" * full + "░" * (WIDTH - full)
        typer.echo(f"{stem:<{width}} {bar} {points} of {total} points\n    {states}")


def hint(
    name: Name,
    number: Annotated[int, typer.Argument(min=1, help="1 is the gentlest.")] = 1,
) -> None:
    """Show a hint."""
    from course.checking.cell import hint as text_of

    _, exercise = _find(name)
    typer.echo(text_of(exercise.id, number))
    if number < len(exercise.hints):
        typer.echo(f"The next one: python -m course hint {exercise.id} {number + 1}")


def solution(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Show the course's answer; before you have passed, only after a question."""
    stem, exercise = _find(name)
    best = progress.best().get(exercise.id)
    passed = best is not None and best.state in (RIGHT, STAR)
    if not (passed or yes):
        typer.confirm(f"You have not solved {name} yet. Show the answer all the same?", abort=True)
    notebook = ROOT / "solutions" / f"{stem}.ipynb"
    for cell in tagged(read(notebook), exercise.id):
        kept = [line for line in source(cell).splitlines() if "SOLUTION" not in line]
        typer.echo("\n".join(kept))


def reset(
    name: Annotated[str, typer.Argument(help="An exercise, a chapter (ch01) or a lesson.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put back the untouched version; the old file stays beside it under another name."""
    stem, exercise = _find(name) if "-ex" in name.lower() else (_stem(name), None)
    what = f"your answer to {name}" if exercise else f"your {stem}.ipynb"
    if not yes:
        typer.confirm(f"Put {what} back to the start? The old file is kept beside it.", abort=True)
    kept = reset_exercise(stem, exercise) if exercise else workspace.reset(stem)
    typer.echo(f"{name} is as it was handed out." + (f" Your file: {kept.name}" if kept else ""))


def reset_exercise(stem: str, exercise: Exercise) -> Path:
    """Put back one exercise's cells and leave the others; return where the old file is kept.

    Cells that are gone come back where they stood. Raises CannotContinue if there is no notebook
    to put them into.
    """
    original = ROOT / "exercises" / f"{stem}.ipynb"
    copy = workspace.WORKSPACE / original.name
    if not copy.exists():
        raise CannotContinue(
            f"{copy.name} is not in workspace/. `python -m course check` brings it."
        )
    from course.checking.supervisor import readable

    if not readable(copy):
        raise CannotContinue(
            f"{copy.name} can't be read as a notebook. `python -m course reset "
            f"{chapter_of(stem)}` puts back the whole notebook and keeps the broken file."
        )
    notebook, fresh = read(copy), read(original)
    kept = keep_beside(copy)
    cells = [cell for cell in notebook["cells"] if not _belongs(cell, exercise)]
    for place, cell in enumerate(fresh["cells"]):
        if _belongs(cell, exercise):
            before = {earlier["id"] for earlier in fresh["cells"][:place]}
            after = [n for n, own in enumerate(cells, 1) if own.get("id") in before]
            cells.insert(after[-1] if after else len(cells), cell)
    notebook["cells"] = cells
    write_whole(copy, (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode())
    return kept


def _belongs(cell: Cell, exercise: Exercise) -> bool:
    """Tell whether a cell is an exercise's answer, or its check."""
    named = tags(cell)
    return exercise.id in named or ("check" in named and f'"{exercise.id}"' in source(cell))


def _check(chosen: list[tuple[str, Exercise]], seed: int | None = None) -> list[Verdict]:
    from course.checking.supervisor import verdicts

    work = [(workspace.WORKSPACE / f"{stem}.ipynb", exercise) for stem, exercise in chosen]
    results = verdicts(work, seed=seed)
    for verdict in results:
        progress.record(verdict)
        typer.echo(verdict)
        if not verdict.passed and verdict.state != NOT_ATTEMPTED:
            typer.echo(f"  A hint: python -m course hint {verdict.exercise}")
            if verdict.seed is not None:
                again = f"python -m course check {verdict.exercise} --seed {verdict.seed}"
                typer.echo(f"  The same case again: {again}")
    if unasked := [one.id for (_, one), verdict in zip(chosen, results, strict=True)
                   if one.elsewhere and verdict.passed and not verdict.remark]:  # fmt: skip
        typer.echo(
            f"A PostgreSQL would be asked about {', '.join(unasked)}, too: `python -m course "
            "postgres` installs one. It changes no point."
        )
    return results


def _watch(chosen: list[tuple[str, Exercise]]) -> None:
    from watchfiles import watch

    typer.echo("Watching workspace/; save a notebook to check it, Ctrl-C to stop.")
    try:
        for changes in watch(workspace.WORKSPACE):
            saved = {Path(path).stem for _, path in changes if path.endswith(".ipynb")}
            again = [pair for pair in chosen if pair[0] in saved]
            if again:
                typer.echo("")
                _check(again)
    except KeyboardInterrupt:
        typer.echo("Stopped watching.")


def _chosen(name: str) -> list[tuple[str, Exercise]]:
    if "-ex" in name.lower():
        return [_find(name)]
    chosen = [pair for pair in every_exercise() if pair[0].startswith(name.lower())]
    if not chosen:
        raise CannotContinue(f"There is no chapter {name!r}. These exist: {', '.join(stems())}.")
    return chosen


def _find(name: str) -> tuple[str, Exercise]:
    try:
        return find(name.lower())
    except UnknownExercise as error:
        raise CannotContinue(str(error)) from error


def _stem(name: str) -> str:
    """Return the stem of the one notebook whose name begins like this."""
    known = [handout.original.stem for handout in workspace.handouts()]
    found = [stem for stem in known if name in (stem, stem.partition("_")[0])]
    if len(found) != 1:
        raise CannotContinue(f"There is no notebook {name!r}. These exist: {', '.join(known)}.")
    return found[0]
