"""Another checkout of the course, as far as the browser edition is built from it."""

import shutil
import subprocess
import sys
from pathlib import Path

from course.project import ROOT
from tools.browser.packages import CACHE, LOCKS

PARTS = ("browser", "course", "lantern", "tools/browser")
CHECK = "course/checks/ch01_event_loop/report_async.py"
TITLE, NEW_TITLE = "A report that freezes nobody", "A report that lets the others go on"
BUILD = "from tools.browser.runtime import runtime\nprint(runtime())"


def checkout(folder: Path) -> None:
    """Copy what the runtime is made of."""
    for part in PARTS:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=ignore)
    for file in (ROOT / "tools" / "__init__.py", *LOCKS):
        shutil.copy(file, folder / file.relative_to(ROOT))


def another_runtime(folder: Path) -> Path:
    """The runtime of a checkout in which one exercise has another title."""
    checkout(folder)
    source = (folder / CHECK).read_text("utf-8")
    assert TITLE in source
    (folder / CHECK).write_text(source.replace(TITLE, NEW_TITLE), "utf-8")
    cache = folder / CACHE.relative_to(ROOT)
    cache.mkdir(parents=True)
    for made in [*CACHE.glob("packages-*"), *CACHE.glob("libraries-*")]:
        (cache / made.name).symlink_to(made, target_is_directory=True)
    return Path(run(folder, BUILD).strip())


def run(folder: Path, program: str, *arguments: str) -> str:
    """What a program prints that runs in a checkout."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout
