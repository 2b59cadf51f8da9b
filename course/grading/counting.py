"""Which of several notebooks of a learner for one chapter counts."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from course.grading.attempt import Attempt
from course.grading.people import Person
from course.grading.results import Result
from course.names import chapter_of


def choose_what_counts(person: Person, rule: Attempt = Attempt.BEST) -> None:
    """Mark all results of a person that do not count, and say in a remark what does, and why."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, result in enumerate(person.results):
        if result.stem and result.is_notebook and person.name:
            groups[result.stem].append(number)
    for stem, numbers in groups.items():
        group = [person.results[number] for number in numbers]
        chosen, why = _chosen(group, rule)
        if len(group) == 1 and chosen:
            continue
        told = f"{person.called} handed in {_count(group)} for {chapter_of(stem)}; {why}"
        for number, result in zip(numbers, group, strict=True):
            remark = f"{result.remark} {told}".strip()
            person.results[number] = replace(result, remark=remark, counts=result is chosen)


def _chosen(group: list[Result], rule: Attempt) -> tuple[Result | None, str]:
    """Return the result that counts, and the rest of a sentence that says why."""
    if rule is Attempt.BEST:
        best = max(group, key=_quality)
        return best, f"{best.path} counts, which has the most points."
    in_time = [one for one in group if not (rule is Attempt.IN_TIME and one.learner.late)]
    if not in_time:
        return None, "late, so that none counts."
    last = _last(in_time)
    if last is None:
        best = max(in_time, key=_quality)
        return best, f"which is the last can't be told, so {best.path} counts, the best."
    late = " in time" if rule is Attempt.IN_TIME else ""
    return last, f"{last.path} counts, the last{late}."


def _quality(result: Result) -> tuple[bool, bool, int]:
    return not result.problem, not result.no_verdict, result.points


def _last(group: Sequence[Result]) -> Result | None:
    """Return the last one, or None where the system wrote neither times nor numbers."""
    orders: tuple[Callable[[Result], str | int], ...] = (
        lambda result: result.learner.submitted,
        lambda result: result.learner.attempt or (1 if result.learner.system == "Canvas" else 0),
    )
    for order in orders:
        values = [order(result) for result in group]
        if all(values) and len(set(values)) == len(values):
            return group[values.index(max(values))]
    return group[0] if len(group) == 1 else None


def _count(group: list[Result]) -> str:
    return "1 notebook" if len(group) == 1 else f"{len(group)} notebooks"
