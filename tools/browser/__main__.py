"""Build what gets published, the book with the browser edition: `python -m tools.browser`.

The folder _build/public can be served by any static host, under any path.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from course.failure import CannotContinue
from course.project import ROOT
from course.workspace import without_outputs
from tools.browser.runtime import OFFLINE, runtime

PUBLIC = ROOT / "_build" / "public"
NOTEBOOKS = ("notebooks", "exercises")
LIVE = "live"
OFFLINE_LIST = "offline.json"
POLICY = "content-security-policy.txt"
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def build(source: Path, target: Path) -> None:
    """Build the book of a folder with the browser edition in it; raises CannotContinue."""
    with tempfile.TemporaryDirectory() as work:
        done = subprocess.run(
            [sys.executable, "-m", "tools.site", ".", "--path-output", work],
            cwd=source, env={**os.environ, "LANTERN_LIVE": LIVE, "PYTHONPATH": str(ROOT)},
            capture_output=True, encoding="utf-8",
        )  # fmt: skip
        if done.returncode:
            raise CannotContinue(
                f"The book could not be built:\n{(done.stdout + done.stderr)[-3000:]}"
            )
        site = Path(work) / "_build" / "html"
        add_python(site, runtime(), source)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(exist_ok=True, parents=True)
        shutil.copytree(site, target)


def add_python(site: Path, built: Path, source: Path) -> None:
    """Let a book run in its pages: add a runtime in the place of an earlier one, and notebooks."""
    shutil.rmtree(site / LIVE, ignore_errors=True)
    shutil.copytree(built, site / LIVE)
    for folder in NOTEBOOKS:
        (site / LIVE / folder).mkdir()
        for notebook in sorted((source / folder).glob("*.ipynb")):
            bare = without_outputs(notebook.read_bytes())
            (site / LIVE / folder / notebook.name).write_bytes(bare)
    keep_offline(site)
    (site / POLICY).write_text(policy(site), encoding="utf-8")


def keep_offline(site: Path) -> None:
    """Add the service worker, and the list of the files that it keeps, with their hashes."""
    shutil.copy(OFFLINE, site)
    files = sorted(path for path in site.rglob("*") if path.is_file() and path.suffix != ".map")
    hashes = {
        path.relative_to(site).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.name not in (OFFLINE_LIST, POLICY)
    }
    (site / OFFLINE_LIST).write_text(json.dumps(hashes), encoding="utf-8")


def policy(site: Path) -> str:
    """Return the strictest Content-Security-Policy that the site works with.

    Styles inside pages are allowed: pictures bring theirs along. Scripts inside pages are
    allowed by their hashes, and code in strings is not, but for WebAssembly.
    """
    inline = {
        b64encode(sha256(script.encode()).digest()).decode()
        for page in site.rglob("*.html")
        for script in INLINE_SCRIPT.findall(page.read_text(encoding="utf-8"))
    }
    scripts = " ".join(f"'sha256-{digest}'" for digest in sorted(inline))
    return (
        f"default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {scripts}; worker-src 'self'; "
        "connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\n"
    )


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    try:
        build(ROOT, PUBLIC)
    except CannotContinue as problem:
        sys.exit(str(problem))
    print(f"The book with the browser edition is in {PUBLIC.relative_to(ROOT)}.")
