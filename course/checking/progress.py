"""What a learner has done so far, in a file that a crash at any moment cannot spoil."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course.checking.exercise import SYMBOLS, Verdict
from course.workspace import WORKSPACE

FILE = "progress.jsonl"
FILES = "progress*.jsonl"  # and what a browser saved, once it is put beside it


def record(verdict: Verdict, workspace: Path | None = None) -> None:
    """Append one verdict.

    One write of one line, begun with a line break: a line that a crash cut short spoils
    only itself, and notebooks and terminals may append at the same time.
    """
    entry = {
        "exercise": verdict.exercise,
        "state": verdict.state,
        "points": verdict.points,
        "of": verdict.of,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    line = ("\n" + json.dumps(entry, ensure_ascii=False)).encode()
    folder = workspace or WORKSPACE
    folder.mkdir(exist_ok=True)
    file = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, line)
        os.fsync(file)
    finally:
        os.close(file)


def best(workspace: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the best entry of each exercise by its id; a pass is never lost by a later try."""
    order = list(SYMBOLS)
    result: dict[str, dict[str, Any]] = {}
    for entry in _entries(workspace or WORKSPACE):
        known = result.get(entry["exercise"])
        rank = (order.index(entry["state"]), entry["points"])
        if known is None or rank >= (order.index(known["state"]), known["points"]):
            result[entry["exercise"]] = entry
    return result


def _entries(workspace: Path) -> Iterator[dict[str, Any]]:
    files = [path.read_text("utf-8", errors="replace") for path in sorted(workspace.glob(FILES))]
    for line in "\n".join(files).splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("state") in SYMBOLS and "exercise" in entry:
            yield {"points": 0, "of": 0, **entry}
