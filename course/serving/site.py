"""The book as a site: built when it is missing or older than its sources."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from course.failure import CannotContinue
from course.lock import only_one
from course.project import ROOT

SITE = ROOT / "_build" / "html"
WORK = ROOT / "_build" / "site"
LOG = ROOT / "_build" / "site.log"
STAMP = ROOT / "_build" / "site.sha256"
# A change of the frame means a build from nothing: Sphinx does not see all that depends on it.
FRAME = ("_config.yml", "_toc.yml", "tools/site", "lantern/pictures/figure.py", "requirements.txt")
PAGES = ("book", "notebooks", "exercises", "solutions")
# Warnings stop the authors' build (tools.site), not the learner's.
JUPYTER_BOOK = (
    "import course.setup.without_grammars; from jupyter_book.cli.main import main; main()"
)
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*m")


def build_if_needed(afresh: bool = False) -> bool:
    """Leave a site in SITE that is as new as its sources; return whether it had to be built.

    A failed build says why and leaves the last good site; without one it raises CannotContinue.
    """
    with only_one("book"):
        frame, pages = fingerprint(FRAME, by_content=True), fingerprint(PAGES, by_content=True)
        names = fingerprint(PAGES, by_content=False)
        now = [frame, names, pages]
        before = STAMP.read_text(encoding="ascii").split() if STAMP.exists() else []
        if not afresh and before == now and (SITE / "index.html").exists():
            return False
        if afresh or before[:2] != now[:2]:
            shutil.rmtree(WORK, ignore_errors=True)
        reason = build()
        if not reason:
            publish(WORK / "_build" / "html")
            STAMP.write_text(" ".join(now), encoding="ascii")
            return True
    sentence = f"The book could not be built; the whole story is in {LOG}.\n{reason}"
    if not (SITE / "index.html").exists():
        raise CannotContinue(sentence)
    print(f"{sentence}\nThe last book that was built stays in place.", flush=True)
    return False


def fingerprint(sources: tuple[str, ...], by_content: bool) -> str:
    """Return one hash of the names, and if asked the contents, of all files under the sources."""
    total = hashlib.sha256()
    for source in sources:
        path = ROOT / source
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.is_dir() or {"__pycache__", ".ipynb_checkpoints"} & {*file.parts}:
                continue
            total.update(file.relative_to(ROOT).as_posix().encode() + b"\0")
            if by_content:
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def build() -> str:
    """Run jupyter-book into WORK, all it says into LOG; return why it failed, or nothing."""
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", ".", "--path-output", str(WORK)]
    print(f"Building the book (its log: {LOG.relative_to(ROOT)}) ...", flush=True)
    started = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    with (
        Console().status("Building the book") as status,
        LOG.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(TERMINAL_CODES.sub("", line))
            status.update(f"Building the book: {TERMINAL_CODES.sub('', line).strip()[:60]}")
    if process.returncode or not (WORK / "_build" / "html" / "index.html").exists():
        return last_words(LOG.read_text(encoding="utf-8"))
    print(f"The book is built ({time.monotonic() - started:.0f} s).", flush=True)
    return ""


def last_words(log: str) -> str:
    """Return the few lines of a failed build's log that tell the reason."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error|exception|critical", line, re.I)]
    return "\n".join(f"  {line[:200]}" for line in (telling or lines)[-4:])


def publish(built: Path) -> None:
    """Put a copy of the built site in the place of the last one, whole."""
    fresh, last = SITE.with_name("html.new"), SITE.with_name("html.last")
    for leftover in (fresh, last):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(built, fresh)
    if SITE.exists():
        SITE.rename(last)
    fresh.rename(SITE)
    shutil.rmtree(last, ignore_errors=True)
