"""The commands of `python -m course`.

Each imports what it needs when it runs, so that every command starts quickly.
"""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from course.checking import commands
from course.cores import usable_cores
from course.failure import CannotContinue
from course.grading.command import grade
from course.project import ROOT

app = typer.Typer(
    help="The Lantern: a course on the event loop and database sessions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def start(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port; by default 8888 or the next.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the course in the browser.")] = True,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build the book afresh.")] = False,
) -> None:
    """Build the book if it is not up to date, and serve it with JupyterLab on this computer."""
    from course import workspace
    from course.serving import launch, site

    site.build_if_needed(afresh=rebuild)
    for handout in workspace.hand_out():
        print(
            f"workspace/{handout.name} has your changes and stays as it is; a newer version is "
            f"there: `python -m course reset {handout.original.stem}` fetches it and keeps yours."
        )
    if not importlib.util.find_spec("psycopg"):
        print("Lessons on PostgreSQL need one: `python -m course postgres` installs it, 100 MB.")
    launch.stand_apart()
    if address := launch.running_address():
        print(f"The course is running for this folder already:\n{address}")
        if browser:
            launch.open_browser(address)
        return
    launch.serve(launch.choose_port(port), browser)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="Only what takes no minutes.")] = False,
) -> None:
    """Run every check of the project, or those that the pytest arguments name."""
    from course.setup.environment import become, leave_out_colours, put_first

    os.chdir(ROOT)
    put_first()
    leave_out_colours()
    only = ["-m", "not slow"] if fast else []
    become([sys.executable, "-m", "pytest", *pytest_arguments([*only, *context.args])])


@app.command()
def postgres() -> None:
    """Install a PostgreSQL and its drivers into the course's environment, and try it once."""
    from sqlalchemy import create_engine, text

    from lantern.theatre import NoPostgres, postgres_database

    # What it needs was installed on the way here; see course.setup.environment.
    try:
        with postgres_database("psycopg") as url, create_engine(url).connect() as connection:
            version = connection.scalar(text("show server_version"))
    except NoPostgres as error:
        raise CannotContinue(str(error)) from None
    print(f"PostgreSQL {version} runs here; lessons and checks that need one start it.")


@app.command()
def site() -> None:
    """Build what gets published: the book, with a Python that runs its lessons in the browser."""
    from course.setup.environment import become, put_first

    os.chdir(ROOT)
    put_first()
    become([sys.executable, "-m", "tools.browser"])


def pytest_arguments(arguments: list[str]) -> list[str]:
    """Return the arguments of the one pytest run that holds all checks.

    The notebooks' stored outputs are compared strictly. Paths among the arguments narrow it down.
    """
    options = ["-p", "course.pytest_plugin", "-n", str(usable_cores())]
    # The longest come first in the order of tests/conftest.py: the last must be short.
    options += ["--dist", "loadscope", "--no-loadscope-reorder"]
    # --nbval-current-env: a kernel named python3 elsewhere on this computer must not be used.
    options += ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=60"]
    if (ROOT / "tests" / "sanitize.cfg").exists():
        options.append("--nbval-sanitize-with=tests/sanitize.cfg")
    if not any(Path(argument.partition("::")[0]).exists() for argument in arguments):
        options += ["--time-by-chapter", "tests"]
        options += [
            name for name in ("notebooks", "solutions") if any(ROOT.glob(f"{name}/*.ipynb"))
        ]
    return [*options, *arguments]


commands.add_to(app)
app.command()(grade)
