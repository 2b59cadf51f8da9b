"""Grade the same notebooks with nbgrader and otter-grader, for `python -m tools.bench grade`.

Each gets them in its own form, and its tests call the course's own check, so that all graders
do the same work. Both live in an environment of their own, _build/rivals, with JupyterLite.
"""

import json
import os
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path

from course.checking.exercise import Exercise, find
from course.names import EXERCISE
from course.notebook import read, tags
from course.project import ROOT
from course.setup.environment import digest, stamp

Points = dict[tuple[str, str], float]  # by (learner, exercise)

REQUIREMENTS = ROOT / "requirements-rivals.txt"
ENVIRONMENT = ROOT / "_build" / "rivals"
PATIENCE = 1800.0  # seconds for a class; otter has no limit of its own
GRADES = """
select student_id, base_cell.name, coalesce(auto_score, 0) from grade
join base_cell on base_cell.id = grade.cell_id
join submitted_notebook on submitted_notebook.id = grade.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
"""
# nbgrader gives no point for a cell that wrote to standard error, as a thread does that ends with
# an error; else the cell's value are the points.
NBGRADER_TEST = """\
import contextlib
import io

with contextlib.redirect_stderr(io.StringIO()):
    verdict = await check("{id}", {answers})
verdict.points"""
# otter refuses tests that are coroutines, and while it tests its kernel's own loop is running:
# the check gets a loop in another thread. It runs once, and each promise is a test case.
OTTER_TEST = """\
import asyncio
import threading

from course import check
from otter.test_files import test_case

OK_FORMAT = False
name = "{id}"
verdicts = []


def kept(*answers):
    def run():
        verdicts.append(asyncio.run(check(name, *answers)))

    if not verdicts:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(15)
        verdicts.append(None)
    return verdicts[0].kept if verdicts[0] else ()
"""
OTTER_CASE = """

@test_case(points=1)
def promise_{number}({answers}):
    assert {promise!r} in kept({answers})
"""
# otter has no command for many notebooks without containers; its API in one process starts once.
OTTER_CLASS = """
import json
from pathlib import Path
from otter.api import grade_submission
points = []
for path in sorted(Path("submissions").glob("*.ipynb")):
    results = grade_submission(str(path), "autograder.zip", quiet=True)
    points += [(path.stem, name, file.score) for name, file in results.results.items()]
Path("points.json").write_text(json.dumps(points))
"""


def rivals_python() -> Path:
    """Return the Python that has what we measure beside; make its environment if not current."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    mark = stamp(ENVIRONMENT, REQUIREMENTS)
    if not mark.exists() or mark.read_text(encoding="ascii") != digest(REQUIREMENTS):
        print(f"Making {ENVIRONMENT} from {REQUIREMENTS.name} (700 MB) ...", flush=True)
        uv = [sys.executable, "-m", "uv"]
        make = [*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT)]
        subprocess.run(make, check=True)
        install = [*uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes"]
        subprocess.run([*install, "--compile-bytecode", "-r", str(REQUIREMENTS)], check=True)
        # See course.setup.without_grammars: nbgrader brings it; otter's kernels load it.
        remove = [*uv, "pip", "uninstall", "--quiet", "--python", str(python), "rfc3987-syntax"]
        subprocess.run(remove, check=True)
        mark.write_text(digest(REQUIREMENTS), encoding="ascii")
    return python


def nbgrader(folder: Path, stem: str, notebooks: dict[str, dict]) -> tuple[float, Points]:
    """Return the seconds of `nbgrader autograde` for notebooks by learner, and its points."""
    write_for_nbgrader(folder, stem, notebooks)
    command = [str(rivals_python()), "-m", "nbgrader"]
    _run([*command, "generate_assignment", stem], folder)
    seconds = _run([*command, "autograde", stem], folder)
    with closing(sqlite3.connect(folder / "gradebook.db")) as gradebook:
        rows = gradebook.execute(GRADES).fetchall()
    return seconds, {(learner, exercise): points for learner, exercise, points in rows}


def otter(folder: Path, stem: str, notebooks: dict[str, dict]) -> tuple[float, Points]:
    """Return the seconds in which otter grades notebooks by learner, and its points."""
    write_for_otter(folder, stem, notebooks)
    seconds = _run([str(rivals_python()), "-c", OTTER_CLASS], folder)
    rows = json.loads((folder / "points.json").read_text(encoding="utf-8"))
    return seconds, {(learner, exercise): points for learner, exercise, points in rows}


RIVALS = {"nbgrader": nbgrader, "otter": otter}


def _run(command: list[str], folder: Path) -> float:
    """Return how long it takes; raises RuntimeError with what it said if it fails."""
    began = time.perf_counter()
    # nbgrader calls alembic by its name.
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)[:200]} failed:\n{done.stderr[-3000:]}")
    return time.perf_counter() - began


def write_for_nbgrader(folder: Path, stem: str, notebooks: dict[str, dict]) -> None:
    """Write the folder of an nbgrader course: the source, and what each learner handed in."""
    exercises = read(ROOT / "exercises" / f"{stem}.ipynb")
    _write(folder / "source" / stem / f"{stem}.ipynb", for_nbgrader(exercises))
    for learner, notebook in notebooks.items():
        _write(folder / "submitted" / learner / stem / f"{stem}.ipynb", for_nbgrader(notebook))


def for_nbgrader(notebook: dict) -> dict:
    """Return a copy in which the checks are nbgrader's test cells, and their value the points."""
    copy = deepcopy(notebook)
    for cell, exercise in _cells_of_exercises(copy):
        is_check = "check" in tags(cell)
        answers = ", ".join(exercise.answers)
        cell["metadata"]["nbgrader"] = {
            "schema_version": 3,
            "grade_id": exercise.id if is_check else f"answer-{exercise.id}",
            "grade": is_check,
            "locked": is_check,
            "solution": not is_check,
            "task": False,
        }
        if is_check:
            cell["metadata"]["nbgrader"]["points"] = len(exercise.promises)
            cell["source"] = NBGRADER_TEST.format(id=exercise.id, answers=answers)
    return copy


def write_for_otter(folder: Path, stem: str, notebooks: dict[str, dict]) -> None:
    """Write an autograder.zip for otter's API, and what each learner handed in."""
    folder.mkdir(parents=True, exist_ok=True)
    notebook = read(ROOT / "exercises" / f"{stem}.ipynb")
    exercises = [exercise for _, exercise in _cells_of_exercises(notebook)]
    with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"print_summary": False}))
        for exercise in {exercise.id: exercise for exercise in exercises}.values():
            archive.writestr(f"tests/{exercise.id}.py", otter_test(exercise))
    for learner, notebook in notebooks.items():
        _write(folder / "submissions" / f"{learner}.ipynb", for_otter(notebook))


def otter_test(exercise: Exercise) -> str:
    """Return an otter test file, in the exception format, with a point for each promise."""
    answers = ", ".join(exercise.answers)
    cases = (
        OTTER_CASE.format(number=number, answers=answers, promise=promise)
        for number, promise in enumerate(exercise.promises.values(), 1)
    )
    return OTTER_TEST.format(id=exercise.id) + "".join(cases)


def for_otter(notebook: dict) -> dict:
    """Return a copy without check cells, with otter's test after each answer."""
    copy = deepcopy(notebook)
    copy["cells"] = [cell for cell in copy["cells"] if "check" not in tags(cell)]
    for cell, exercise in _cells_of_exercises(copy):
        cell["metadata"]["otter"] = {"tests": [exercise.id]}
    return copy


def _cells_of_exercises(notebook: dict) -> Iterator[tuple[dict, Exercise]]:
    """Yield the cells of answers and of checks, each with its exercise."""
    for cell in notebook["cells"]:
        text = "".join(cell["source"]) if "check" in tags(cell) else " ".join(tags(cell))
        if named := EXERCISE.search(text):
            yield cell, find(named[0])[1]


def _write(path: Path, notebook: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
