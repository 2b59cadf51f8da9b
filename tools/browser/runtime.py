"""Put together what a page loads when a lesson is run: libraries, course and runner.

Two folders, each named after what it is made of: what seldom changes (libraries.py), and our own
part, a small fraction of it. A script beside them, whose address stays, leads to both.
"""

import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path

from course.lock import only_one
from course.project import ROOT
from tools.browser.libraries import SOURCES, archive, bundle, copy, libraries
from tools.browser.packages import BROWSER, CACHE, by_name, fetch, fingerprint
from tools.browser.stripped import without_comments, without_docstrings

# The course's own Python, and where it is found.
OWN = {
    BROWSER: ("kernel",),
    ROOT: (
        *("lantern", "course/checks", "course/__init__.py", "course/failure.py", "course/files.py"),
        *("course/names.py", "course/notebook.py", "course/project.py", "course/workspace.py"),
        *("course/checking/__init__.py", "course/checking/attempts.py", "course/checking/cell.py"),
        *("course/checking/exercise.py", "course/checking/patience.py"),
        *("course/checking/progress.py", "course/checking/sealed.py"),
        "course/checking/untouched.py",
    ),
}
# What a terminal has of it, pytest, and lessons that need a PostgreSQL: not here.
ELSEWHERE = {"plugin", "watch", "keeper.py", "levels.py", "cards.py", "__main__.py"}
OWN_PYTHON = {
    file.relative_to(folder).as_posix(): file
    for folder, names in OWN.items()
    for name in names
    for file in [folder / name, *(folder / name).rglob("*.py")]
    if file.is_file() and ELSEWHERE.isdisjoint(file.parts)
}
SCRIPTS = by_name(*(BROWSER / "bridge").glob("*.mjs"), *(BROWSER / "runner").glob("*.mjs"))
STYLES, OFFLINE = BROWSER / "runner" / "runner.css", BROWSER / "offline.js"
MAKERS = by_name(Path(__file__), Path(__file__).with_name("stripped.py"))
OWN_SOURCES = {**OWN_PYTHON, **SCRIPTS, **by_name(STYLES, OFFLINE), **MAKERS}


def runtime() -> Path:
    """Return the folder of all that a page loads: a script, and the two folders it leads to."""
    name = f"course-{fingerprint({**SOURCES, **OWN_SOURCES})}"
    folder = CACHE / f"runtime-{name}"
    with only_one("browser edition"):
        if not folder.exists():
            build(folder, name)
    return folder


def build(folder: Path, name: str) -> None:
    """Make the folder of the runtime, whole or not at all."""
    fixed = libraries()
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        built = Path(work) / "runtime"
        shutil.copytree(fixed, built / fixed.name)
        add_own_part(built / name, fixed.name)
        opened = f'export {{ open }} from "./{name}/runner.mjs";\n'
        (built / "runner.mjs").write_text(opened, "utf-8")
        built.rename(folder)
    for other in set(CACHE.glob("runtime-*")) - {folder}:
        shutil.rmtree(other)


def add_own_part(target: Path, fixed: str) -> None:
    """Make the folder of our own part, which finds the libraries in the one beside it."""
    _, modules = fetch()
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        python, scripts = Path(work) / "python", Path(work) / "scripts"
        copy(OWN_PYTHON, python)
        _strip(python)
        copy(SCRIPTS, scripts)
        counted = [*(CACHE / fixed).glob("*.zip"), *(CACHE / fixed).glob("*.deflate")]
        place = f'export const LIBRARIES = "../{fixed}/";\n'
        # What meter.mjs counts of it.
        place += f"export const LOADED = {sum(file.stat().st_size for file in counted)};\n"
        (scripts / "libraries.mjs").write_text(place, "utf-8")
        for script in ("runner.mjs", "worker.mjs"):
            bundle(scripts / script, target, modules)
        # As source, in a third of the bytes: Python compiles what a page imports. Files that are
        # much alike take a quarter less where they are compressed as one.
        own = Path(work) / "own.zip"
        archive(python, own, zipfile.ZIP_STORED)
        (target / "own.deflate").write_bytes(zlib.compress(own.read_bytes(), 9))
        shutil.copy(STYLES, target)


def _strip(python: Path) -> None:
    # An eighth of the bytes. What `help` shows of the instruments stays, and each line's number.
    for file in python.rglob("*.py"):
        source = without_comments(file.read_text("utf-8"))
        if "checks" in file.relative_to(python).parts:
            source = without_docstrings(source)
        file.write_text(source, "utf-8")
