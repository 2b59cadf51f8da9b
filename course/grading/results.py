"""What is known of one submission once it is graded, on disk and in memory."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from course.checking.exercise import Verdict
from course.files import write_whole
from course.grading.submissions import Submission
from course.names import chapter_of
from course.notebook import code_cells, source

# An answer needs none of these. Who wants to mislead a check from inside its process does.
UNUSUAL = {
    "_getframe", "_current_frames", "currentframe", "f_back", "f_locals", "f_globals", "__code__",
    "__subclasses__", "get_objects", "get_referrers", "settrace", "setprofile", "addaudithook",
    "ctypes", "marshal",
}  # fmt: skip
# Nor the insides of this package: `from course import check` is all that a notebook has.
INSIDES = "course."


@dataclass(frozen=True)
class Result:
    """One graded submission: its verdicts, or the problem that there is none for.

    `exercises` are verdicts as plain data, each with the `seconds` that it took. `unusual` are
    names that the code uses and that an answer needs none of. `counts` is false where the same
    learner handed in a better one for the chapter.
    """

    path: str
    learner: str
    stem: str
    key: str
    fingerprint: str
    problem: str = ""
    remark: str = ""
    unusual: tuple[str, ...] = ()
    exercises: tuple[dict[str, Any], ...] = ()
    protection: dict[str, list[str]] = field(default_factory=dict)
    counts: bool = True

    @property
    def points(self) -> int:
        """The points of all exercises."""
        return sum(exercise["points"] for exercise in self.exercises)

    @property
    def of(self) -> int:
        """The points that could be had."""
        return sum(exercise["of"] for exercise in self.exercises)

    @property
    def name(self) -> str:
        """The learner, or the file where the learner can't be told."""
        return self.learner or self.path


def make_result(
    submission: Submission,
    fingerprint: str,
    protection: dict[str, list[str]],
    verdicts: Iterable[tuple[Verdict, float]] = (),
) -> Result:
    """Put together what is known of a submission; text is made fit for every file format."""
    exercises = [{**verdict.as_dict(), "seconds": seconds} for verdict, seconds in verdicts]
    result = Result(
        submission.path, submission.learner, submission.stem, submission.key, fingerprint,
        submission.problem, submission.remark, tuple(unusual_names(submission)),
        tuple(exercises), protection,
    )  # fmt: skip
    return Result(**{name: _printable(value) for name, value in vars(result).items()})


def _printable(value: Any) -> Any:
    """Return the value with "?" for whatever UTF-8 or XML can't hold: errors may say anything."""
    if isinstance(value, str):
        whole = value.encode("utf-8", "replace").decode("utf-8")
        return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", whole)
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_printable(item) for item in value)
    return value


def unusual_names(submission: Submission) -> list[str]:
    """Return the names in UNUSUAL that the code cells use, sorted."""
    found = set()
    for cell in code_cells(submission.notebook) if submission.notebook else ():
        names = _names(source(cell))
        found |= {name for name in names if name in UNUSUAL or name.startswith(INSIDES)}
    return sorted(found)


def _names(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Constant(value=str(name)):
                yield name
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names):
                yield module or ""
                yield from (alias.name for alias in names)


def to_json(result: Result) -> str:
    """Return the text of a result's file."""
    return json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Result:
    """Return the result that a file holds; raises ValueError, TypeError or KeyError for others."""
    content = json.loads(text)
    lists = {name: tuple(content[name]) for name in ("unusual", "exercises")}
    return Result(**{**content, **lists})


def store(result: Result, folder: Path) -> None:
    """Write a result where `stored` finds it, whole or not at all."""
    write_whole(folder / f"{result.key}.json", to_json(result).encode(), durable=False)


def stored(submission: Submission, folder: Path, fingerprint: str) -> Result | None:
    """Return the result of an earlier run if nothing that it depends on has changed."""
    try:
        result = from_json((folder / f"{submission.key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return result if result.fingerprint == fingerprint else None


def choose_what_counts(results: list[Result]) -> list[Result]:
    """Mark, where a learner handed in several notebooks for a chapter, all but the best."""
    groups: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        if result.learner and result.stem:
            groups[result.learner, result.stem].append(result)
    remarks: dict[str, Result] = {}
    for (learner, stem), group in groups.items():
        if len(group) > 1:
            best = max(group, key=lambda result: (not result.problem, result.points))
            remark = (
                f"{learner} handed in {len(group)} notebooks for {chapter_of(stem)}; "
                f"{best.path} counts, which has the most points."
            )
            for result in group:
                remarks[result.path] = replace(result, remark=remark, counts=result is best)
    return [remarks.get(result.path, result) for result in results]
