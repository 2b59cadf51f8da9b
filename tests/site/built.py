"""The built site for tests: the sample book's, the course's own, and what a host is given.

They are built once for all workers, and kept in _build for as long as no source changes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course.lock import only_one
from course.names import chapter_of
from course.project import ROOT
from tools.browser.packages import fingerprint

SAMPLE = ROOT / "tests" / "sample_book"
BOOKS = {"sample": SAMPLE, "course": ROOT}
KEPT = ROOT / "_build" / "tests"
# More than a site is made of: what is missing here would be looked at in an earlier state.
SOURCES = tuple(
    ROOT / name
    for name in (
        *("_config.yml", "_toc.yml", "book", "notebooks", "exercises", "solutions", "browser"),
        *("course", "lantern", "tools", "tests/sample_book", "tests/site/built.py"),
        *("requirements.txt", "requirements-dev.txt", "requirements-browser.txt"),
    )
)


@dataclass(frozen=True)
class Built:
    """What a build left behind."""

    html: Path
    log: str
    exit_code: int

    @property
    def pages(self) -> list[str]:
        """The address of every page, found and not listed."""
        files = sorted(self.html.rglob("*.html"))
        return [file.relative_to(self.html).as_posix() for file in files]

    def pages_of(self, chapter: str) -> list[str]:
        """The addresses of a chapter's pages; those of no chapter for an empty name."""
        return [page for page in self.pages if chapter_of(Path(page).stem) == chapter]


def build(source: Path, output: Path) -> Built:
    """Build the book in `source` into `output`, warnings as errors, as an author does."""
    command = [sys.executable, "-m", "tools.site", str(source), "--path-output", str(output)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=source, env=environment, capture_output=True, encoding="utf-8"
    )
    return Built(output / "_build" / "html", done.stdout + done.stderr, done.returncode)


def kept(name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder that `make` fills: whole, shared, and for reading only.

    It is made again when a source has changed, and not kept where `make` raises.
    """
    folder = KEPT / f"{name}-{fingerprint(sources())}"
    with only_one(name, KEPT):
        if not folder.exists():
            for earlier in KEPT.glob(f"{name}-*"):
                shutil.rmtree(earlier)
            with tempfile.TemporaryDirectory(dir=KEPT) as work:
                make(Path(work) / name)
                Path(work, name).rename(folder)
    return folder


@cache
def sources() -> dict[str, Path]:
    """Return the files below SOURCES by their names in the project."""
    files = [file for source in SOURCES for file in (source, *source.rglob("*")) if file.is_file()]
    unwanted = {"__pycache__", ".ipynb_checkpoints"}
    return {
        file.relative_to(ROOT).as_posix(): file for file in files if not unwanted & {*file.parts}
    }


def kept_site(name: str) -> Built:
    """Return the built site of one of the books."""

    def make(folder: Path) -> None:
        book = copy_sample(folder) if name == "sample" else BOOKS[name]
        built = build(book, folder)
        assert built.exit_code == 0, built.log[-3000:]
        (folder / "log.txt").write_text(built.log, "utf-8")

    folder = kept(name, make)
    return Built(folder / "_build" / "html", (folder / "log.txt").read_text("utf-8"), 0)


def chapters_of(name: str) -> list[str]:
    """The chapters of one of the books, and an empty name for its other pages."""
    return sorted({chapter_of(page.stem) for page in (BOOKS[name] / "book").glob("*.md")})


def copy_sample(folder: Path) -> Path:
    """A copy of the sample book with the settings and the extension of the course."""
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "_config.yml", folder)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tools" / "site", folder / "tools" / "site", ignore=unwanted)
    return folder
