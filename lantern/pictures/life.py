"""What is drawn of the life of a request, and said of it: its steps, and what lies between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lantern.lifetimes import (
    BEGINS,
    BREAKS,
    CLIENT,
    COMMIT,
    DEPENDENCY,
    ENDS,
    LANES,
    POOL,
    RESUMES,
    ROLLBACK,
    SENDS,
    WIRE,
    YIELDS,
    RequestLife,
    RequestStep,
)


@dataclass(frozen=True)
class Column:
    """Steps that are drawn as one: the same thing sent several times in a row."""

    step: RequestStep
    times: int = 1

    @property
    def what(self) -> str:
        """What was sent, and how often."""
        if self.times == 1:
            return self.step.what
        what, times = self.step.what, self.times
        return f"{times} {what}s" if self.step.lane == WIRE else f"{times} times {what}"

    @property
    def label(self) -> str:
        """What is written over the step: a statement's error stands where it comes out."""
        if not self.step.error:
            return self.what
        return f"{self.what} ✗" if self.what else f"✗ {self.step.error}"

    @property
    def told(self) -> str:
        """What is read when the step is pointed at."""
        return f"{self.what} failed: {self.step.error}" if self.step.error else self.what


def columns_of(life: RequestLife) -> list[Column]:
    """Return the steps of a life, those that are the same as one."""
    columns: list[Column] = []
    for step in life.steps:
        if columns and step.kind == SENDS and columns[-1].step == step and not step.error:
            columns[-1] = replace(columns[-1], times=columns[-1].times + 1)
        else:
            columns.append(Column(step))
    return columns


def rows_of(steps: Sequence[RequestStep]) -> list[tuple[str, str]]:
    """Return whoever takes part, in the order in which they stand."""
    rows = {(step.lane, step.name): None for step in steps}
    return sorted(rows, key=lambda row: LANES.index(row[0]))


def steps_of(steps: Sequence[RequestStep], lane: str, name: str) -> list[int]:
    """Return the numbers of the steps of one of them."""
    return [n for n, step in enumerate(steps) if (step.lane, step.name) == (lane, name)]


def is_sent(step: RequestStep) -> bool:
    """Tell whether the step is something that is sent."""
    return step.kind == SENDS or (step.lane, step.kind) == (WIRE, ENDS)


def stretches(steps: Sequence[RequestStep], mine: Sequence[int]) -> Iterator[tuple[str, int, int]]:
    """Tell a row's bars: the shape, the column where it begins and the one before which it ends."""
    shape, first = "", 0
    for n in mine:
        step = steps[n]
        if step.kind in (ENDS, BREAKS):
            if shape:
                yield shape, first, n + 1
            shape = ""
        elif step.kind != SENDS:
            if shape:
                yield shape, first, n
            shape, first = _between(step), n
    if shape == "waits":
        yield shape, first, min(RequestLife([*steps]).answered + 1, len(steps))
    elif shape:
        yield shape, first, len(steps)


def _between(step: RequestStep) -> str:
    if step.lane in (CLIENT, WIRE, POOL):
        return {CLIENT: "waits", WIRE: "wire", POOL: "held"}[step.lane]
    return "open" if step.kind == YIELDS else "code"


def outcome(life: RequestLife) -> str:
    """Return what the client got, how the transactions ended, and when connections came back."""
    told = [f"status {life.response.status}" if life.response.status else "no answer"]
    taken: set[str] = set()
    for step in life.steps:
        if step.lane != POOL:
            continue
        if step.error or step.what in (COMMIT, ROLLBACK):
            failed = " failed" if step.error else ""
            told.append(f"{step.what or 'connection'}{failed} {life.when(step)}")
        elif step.kind == ENDS:
            told.append(f"{step.name} back {life.when(step)}")
        taken = taken - {step.name} if step.kind == ENDS else taken | {step.name}
    told += [f"{name} still out" for name in sorted(taken)]
    if life.response.error is not None:
        told.append(f"the app raised {type(life.response.error).__name__}")
    return ", ".join(told)


def in_words(columns: Sequence[Column]) -> list[str]:
    """Return a sentence for each step."""
    return [f"{n}. {_sentence(column)}." for n, column in enumerate(columns, 1)]


def _sentence(column: Column) -> str:
    step = column.step
    if step.kind == BREAKS:
        return f"the app raises {step.error}"
    who = step.name if step.lane in (CLIENT, WIRE, POOL) else f"{step.lane} {step.name}"
    return f"{who} {does(column)}"


def does(column: Column) -> str:
    """Return what whoever takes the step does."""
    step = column.step
    if step.kind == BREAKS:
        return f"breaks: the app raises {step.error}"
    told = {
        (CLIENT, BEGINS): f"sends {step.what}",
        (CLIENT, ENDS): step.what,
        (WIRE, BEGINS): f"status {step.what}",
        (WIRE, SENDS): column.what,
        (WIRE, ENDS): "last byte",
        (POOL, BEGINS): "is taken",
        (POOL, SENDS): f"sends {column.what}",
        (POOL, ENDS): "is back in the pool",
        (DEPENDENCY, YIELDS): "waits at its yield",
        (DEPENDENCY, RESUMES): "goes on after its yield",
    }.get((step.lane, step.kind), step.kind)
    with_error = ", which fails with " if step.kind == SENDS else " with "
    return told + (with_error + step.error if step.error else "")
