"""Build what gets published, the book with the browser edition: `python -m tools.browser`.

The folder _build/public can be served by any static host, under any path.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from course.failure import CannotContinue
from course.workspace import without_outputs
from tools.browser.runtime import runtime
from tools.run import ROOT

PUBLIC = ROOT / "_build" / "public"
NOTEBOOKS = ("notebooks", "exercises")


def build(source: Path, target: Path) -> None:
    """Build the book of a folder with the browser edition in it; raises CannotContinue."""
    built = runtime()
    live = f"live/{built.name.removeprefix('runtime-')}"
    with tempfile.TemporaryDirectory() as work:
        done = subprocess.run(
            [sys.executable, "-m", "tools.site", ".", "--path-output", work],
            cwd=source, env={**os.environ, "LANTERN_LIVE": live, "PYTHONPATH": str(ROOT)},
            capture_output=True, encoding="utf-8",
        )  # fmt: skip
        if done.returncode:
            raise CannotContinue(
                f"The book could not be built:\n{(done.stdout + done.stderr)[-3000:]}"
            )
        site = Path(work) / "_build" / "html"
        shutil.copytree(built, site / live)
        for folder in NOTEBOOKS:
            (site / live / folder).mkdir()
            for notebook in sorted((source / folder).glob("*.ipynb")):
                bare = without_outputs(notebook.read_bytes())
                (site / live / folder / notebook.name).write_bytes(bare)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(exist_ok=True, parents=True)
        shutil.copytree(site, target)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    try:
        build(ROOT, PUBLIC)
    except CannotContinue as problem:
        sys.exit(str(problem))
    print(f"The book with the browser edition is in {PUBLIC.relative_to(ROOT)}.")
