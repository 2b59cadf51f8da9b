"""What a learner has done so far, in a file that a crash at any moment cannot spoil."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course.checking.exercise import NOT_ATTEMPTED, SYMBOLS, Verdict
from course.workspace import WORKSPACE

FILE = "progress.jsonl"
FILES = "progress*.jsonl"  # and what a browser saved, once it is put beside it


@dataclass(frozen=True)
class Entry:
    """How far a learner came with an exercise, as one line of the file says it."""

    exercise: str
    state: str = NOT_ATTEMPTED
    points: int = 0


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


def best(workspace: Path | None = None) -> dict[str, Entry]:
    """Return the best entry of each exercise by its id; a pass is never lost by a later try."""
    order = list(SYMBOLS)

    def rank(entry: Entry) -> tuple[int, int]:
        return order.index(entry.state), entry.points

    result: dict[str, Entry] = {}
    for entry in _entries(workspace or WORKSPACE):
        known = result.get(entry.exercise)
        if known is None or rank(entry) >= rank(known):
            result[entry.exercise] = entry
    return result


def _entries(workspace: Path) -> Iterator[Entry]:
    files = [path.read_text("utf-8", errors="replace") for path in sorted(workspace.glob(FILES))]
    for line in "\n".join(files).splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        match entry:
            case {"exercise": str(name), "state": str(state), **rest} if state in SYMBOLS:
                points = rest.get("points")
                yield Entry(name, state, points if isinstance(points, int) else 0)
