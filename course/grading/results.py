"""What is known of one submission once it is graded, on disk and in memory."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from course.checking.exercise import NO_VERDICT, Verdict
from course.files import write_whole
from course.grading.handed_in import NOT_SHOWN
from course.grading.learners import Learner
from course.grading.submissions import Submission
from course.grading.words import unusual_names
from course.notebook import code_cells, source


@dataclass(frozen=True)
class Result:
    """One graded submission: its verdicts, or the problem that there is none for.

    `exercises` are verdicts as plain data, each with the `seconds` that it took. `unusual` is
    what the code names, or did while it ran, and what no answer needs. `called` is the learner's
    name in the report. `counts` is false where another notebook of the same learner counts for the
    chapter.
    """

    path: str
    learner: Learner
    stem: str
    key: str
    fingerprint: str
    problem: str = ""
    remark: str = ""
    unusual: tuple[str, ...] = ()
    exercises: tuple[dict[str, Any], ...] = ()
    protection: dict[str, list[str]] = field(default_factory=dict)
    counts: bool = True
    called: str = ""
    is_notebook: bool = True

    @property
    def no_verdict(self) -> bool:
        """True if the machine failed, and not the learner: the next run tries it again."""
        return any(exercise["state"] == NO_VERDICT for exercise in self.exercises)

    @property
    def points(self) -> int:
        """The points of all exercises."""
        return sum(exercise["points"] for exercise in self.exercises)

    @property
    def mark(self) -> int | None:
        """The points, or None where nobody can say how many they are."""
        return None if self.problem or self.no_verdict else self.points

    @property
    def of(self) -> int:
        """The points that could be had."""
        return sum(exercise["of"] for exercise in self.exercises)

    @property
    def name(self) -> str:
        """The learner, or the file where the learner can't be told."""
        return self.called or self.learner.name or self.path


def make_result(
    submission: Submission,
    fingerprint: str,
    protection: dict[str, list[str]],
    verdicts: Iterable[tuple[Verdict, float]] = (),
    did: Iterable[str] = (),
) -> Result:
    """Put together what is known of a submission; text is made fit for every file format."""
    exercises = [{**verdict.as_dict(), "seconds": seconds} for verdict, seconds in verdicts]
    cells = code_cells(submission.notebook) if submission.notebook else ()
    unusual = {*did} | unusual_names(*map(source, cells))
    result = Result(
        submission.path, submission.learner, submission.stem, submission.key, fingerprint,
        submission.problem, submission.remark, tuple(sorted(unusual)),
        tuple(exercises), protection, is_notebook=submission.is_notebook,
    )  # fmt: skip
    return from_data(_printable(asdict(result)))


def _printable(value: Any) -> Any:
    """Return the value with "?" for what can't be shown: errors may say anything."""
    if isinstance(value, str):
        return "\n".join(NOT_SHOWN.sub("?", line.replace("\t", " ")) for line in value.split("\n"))
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_printable(item) for item in value)
    return value


def to_json(result: Result) -> str:
    """Return the text of a result's file."""
    return json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Result:
    """Return the result that a file holds; raises ValueError, TypeError or KeyError for others."""
    return from_data(json.loads(text))


def from_data(content: dict[str, Any]) -> Result:
    """Return the result of which this is the plain data; raises like from_json."""
    lists = {name: tuple(content[name]) for name in ("unusual", "exercises")}
    return Result(**{**content, **lists, "learner": Learner(**content["learner"])})


def store(result: Result, folder: Path) -> None:
    """Write a result where `stored` finds it, whole or not at all.

    One without a verdict is not kept.
    """
    if not result.no_verdict:
        write_whole(folder / f"{result.key}.json", to_json(result).encode(), durable=False)


def stored(submission: Submission, folder: Path, fingerprint: str) -> Result | None:
    """Return the result of an earlier run if nothing that it depends on has changed."""
    try:
        result = from_json((folder / f"{submission.key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    if result.fingerprint != fingerprint:
        return None
    # Whose it is may be known better by now.
    return replace(result, learner=submission.learner, remark=submission.remark)
