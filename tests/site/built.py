"""The built site for tests: the sample book's, and the course's own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from course.project import ROOT

SAMPLE = ROOT / "tests" / "sample_book"


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


def build(source: Path, output: Path) -> Built:
    """Build the book in `source` into `output`, warnings as errors, as an author does."""
    command = [sys.executable, "-m", "tools.site", str(source), "--path-output", str(output)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=source, env=environment, capture_output=True, encoding="utf-8"
    )
    return Built(output / "_build" / "html", done.stdout + done.stderr, done.returncode)


def copy_sample(folder: Path) -> Path:
    """A copy of the sample book with the settings and the extension of the course."""
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "_config.yml", folder)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tools" / "site", folder / "tools" / "site", ignore=unwanted)
    return folder


def course_has_pages() -> bool:
    """Whether the course itself has been written: its front page is there."""
    return (ROOT / "book" / "index.md").exists()
