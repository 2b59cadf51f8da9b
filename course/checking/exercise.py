"""What an exercise is, and what a verdict on it says."""

import functools
import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from html import escape
from random import Random
from secrets import randbelow
from typing import Any

from course.names import chapter_of
from course.project import ROOT

# What an exercise's observe returns and its judge takes: data that JSON can hold, with keys that
# those two alone know.
Plain = dict[str, Any]

CHECKS = ROOT / "course" / "checks"

NOT_ATTEMPTED = "not attempted"
WRONG = "not yet"
RIGHT = "right"
STAR = "right, with a star"
NO_VERDICT = "no verdict"
NOT_YET_SEEN = "○ not looked at yet:"
SYMBOLS = {NO_VERDICT: "?", NOT_ATTEMPTED: "○", WRONG: "✗", RIGHT: "✓", STAR: "★"}
KINDS = {WRONG: "wrong", RIGHT: "right", STAR: "right"}  # what the page colours

MOST_PRINTED = 20  # lines of what an answer printed that a verdict shows


class UnknownExercise(LookupError):
    """There is no exercise of this name."""


@dataclass(frozen=True)
class Broken:
    """A promise of the exercise that the answer did not keep, and what was observed.

    `picture` is HTML that shows it, for where HTML can be shown; the message says it all.
    """

    promise: str
    message: str
    picture: str = ""


@dataclass(frozen=True)
class Unseen:
    """A promise that could not be looked at yet, since another one is broken: no point so far."""

    promise: str


@dataclass(frozen=True)
class Nothing:
    """No promise of the exercise was kept, all for the same reason."""

    message: str


@dataclass(frozen=True)
class Star:
    """The answer is better than the exercise asked for."""

    message: str


@dataclass(frozen=True)
class AsGiven:
    """The code that was given to be repaired still does all that it did: nobody has begun."""


Finding = Broken | Unseen | Nothing | Star | AsGiven


@dataclass(frozen=True)
class Remark:
    """What is said below a verdict and counts for nothing; `picture` is HTML that shows it."""

    text: str
    picture: str = ""


@dataclass(frozen=True)
class Verdict:
    """The state of an answer, its points, and every message that goes with it.

    `broken` are the short names of the promises that were not kept, and `seed` is what their case
    was drawn from; it is None where no case made a difference. `printed` is what cells and answer
    printed where nobody else shows it. `pictures` show what messages say, as HTML. `unseen` are
    the promises that could not be looked at yet. `remark` is the same answer on a PostgreSQL.
    """

    exercise: str
    title: str
    state: str
    points: int
    of: int
    kept: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    seed: int | None = None
    printed: str = ""
    pictures: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    remark: Remark | None = None

    @property
    def passed(self) -> bool:
        """True for right answers, with or without a star."""
        return self.state in (RIGHT, STAR)

    @property
    def headline(self) -> str:
        """One line: symbol, exercise, state and points."""
        return (
            f"{SYMBOLS[self.state]} {self.exercise} {self.title}: {self.state}, "
            f"{self.points} of {self.of} points"
        )

    def as_dict(self) -> Plain:
        """Return plain data for a file: all of it but the pictures, and what is remarked."""
        data = asdict(self)
        return {name: data[name] for name in data if name not in ("pictures", "remark")}

    def __repr__(self) -> str:
        kept = [f"  ✓ {promise}" for promise in self.kept]
        kept += [f"  {NOT_YET_SEEN} {promise}" for promise in self.unseen]
        told = [f"  {SYMBOLS[self.state]} {message}" for message in self.messages]
        again = [] if self.seed is None else [f"  This was the case of seed {self.seed}."]
        again += [f"  {self.remark.text}"] if self.remark else []
        printed = [f"  > {line}" for line in self.printed.splitlines()[-MOST_PRINTED:]]
        return "\n".join([self.headline, *kept, *told, *again, *printed])

    def _repr_html_(self) -> str:
        kind = KINDS.get(self.state, "")
        kept = "".join(f'<li class="right">✓ {_code(promise)}</li>' for promise in self.kept)
        kept += "".join(f"<li>{NOT_YET_SEEN} {_code(promise)}</li>" for promise in self.unseen)
        messages = "".join(
            f'<li class="{kind}">{SYMBOLS[self.state]} {_code(message)}</li>'
            for message in self.messages
        )
        again = ""
        if self.seed is not None:
            again = f"<p>The same case again: add <code>seed={self.seed}</code> to the check.</p>"
        remark = f"<p>{_code(self.remark.text)}</p>{self.remark.picture}" if self.remark else ""
        hints = ""
        if not self.passed:
            hints = "".join(
                f"<details><summary>Hint {number} of {len(self.hints)}</summary>"
                f"<p>{_code(hint)}</p></details>"
                for number, hint in enumerate(self.hints, 1)
            )
        return (
            f'<div class="lantern-verdict {kind}" role="status">'
            f'<p class="{kind}"><strong>{escape(self.headline)}'
            f'</strong></p><ul style="list-style:none">{messages}{kept}</ul>{again}'
            f"{''.join(self.pictures)}{remark}{hints}</div>"
        )


@dataclass(frozen=True)
class Elsewhere:
    """How answers are observed on a PostgreSQL as well, where one is at hand.

    `observe` takes the case, the answers, and as `url` that of an empty database, over `driver`. It
    returns what the exercise's own does, or a part, for the same judge. `extent` says in words what
    was tried there.
    """

    observe: Callable[..., Awaitable[Plain]]
    extent: str
    driver: str = "asyncpg"


@dataclass(frozen=True)
class Exercise:
    """One exercise: what it promises, how an answer is observed, and how that is judged.

    `objectives` are those of its chapter's page that it practises.
    `answers` are the names a learner defines, in the order in which observe takes them.
    `promises` maps a short name to its sentence; each is worth a point.
    `draw` makes the case of one run from a random source: the data on which each promise can
    fail; without it the case is None. `observe` takes the case and the answers, runs beside the
    learner's code and returns plain data; `judge` turns case and data into broken promises and
    stars, and touches nothing else. It gets a case of its own, drawn from the same seed: what was
    observed on another one does not pass. `own_connections` says that an answer may open the
    database by itself: nothing is counted on the connections that it is given. `elsewhere` is for a
    remark alone, and changes no point.
    """

    id: str
    title: str
    objectives: tuple[str, ...]
    answers: tuple[str, ...]
    promises: Mapping[str, str]
    hints: tuple[str, ...]
    observe: Callable[..., Awaitable[Plain]]
    judge: Callable[[Any, Plain], Iterable[Finding]]
    draw: Callable[[Random], Any] | None = None
    own_connections: bool = False
    elsewhere: Elsewhere | None = None

    def is_asked_elsewhere(self, verdict: Verdict) -> bool:
        """Tell whether a PostgreSQL is to be asked, too: one is at hand, and a promise is kept."""
        if not self.elsewhere or not verdict.kept:
            return False
        from lantern.theatre.postgres import is_at_hand

        return is_at_hand()

    def case(self, seed: int) -> Any:
        """Return the case of a seed, the same in every process."""
        return self.draw(Random(f"{self.id} {seed}")) if self.draw else None

    async def observed(self, seed: int, *answers: Any) -> Plain:
        """Observe answers on the case of a seed."""
        return await self.observe(self.case(seed), *answers)

    def verdict(self, seen: Plain, seed: int) -> Verdict:
        """Judge what was observed on the case of a seed."""
        findings = list(self.judge(self.case(seed), seen))
        broken: dict[str, str] = {}
        pictures: dict[str, None] = {}
        for finding in findings:
            # The first message of a promise stands: it is nearest to the cause.
            if isinstance(finding, Nothing):
                broken = dict.fromkeys(self.promises, finding.message) | broken
            elif isinstance(finding, Broken) and finding.promise not in broken:
                broken[finding.promise] = finding.message
                pictures |= {finding.picture: None} if finding.picture else {}
        stars = tuple(f.message for f in findings if isinstance(f, Star))
        unseen = {f.promise for f in findings if isinstance(f, Unseen)} - broken.keys()
        unknown = {*broken, *unseen} - self.promises.keys()
        if unknown:
            raise ValueError(f"{self.id} promises nothing called {', '.join(sorted(unknown))}")
        if unseen and not broken:
            raise ValueError(f"{self.id} looked at all but {', '.join(sorted(unseen))}")
        kept = tuple(t for name, t in self.promises.items() if name not in {*broken, *unseen})
        state = WRONG if broken else STAR if stars else RIGHT
        if any(isinstance(finding, AsGiven) for finding in findings):
            state = NOT_ATTEMPTED
        # One mistake often breaks several promises: its message stands once.
        messages = tuple(dict.fromkeys(broken.values())) if broken else stars
        verdict = self._verdict(state, kept, messages)
        again = seed if broken and self.draw else None
        return replace(
            verdict, seed=again, broken=tuple(broken), pictures=tuple(pictures),
            unseen=tuple(text for name, text in self.promises.items() if name in unseen),
        )  # fmt: skip

    def not_attempted(self, why: str = "") -> Verdict:
        """Return the verdict on an answer that nobody has written yet, or that is gone."""
        write = f"Write {' and '.join(self.answers)}, then run this check again."
        return self._verdict(NOT_ATTEMPTED, (), (why or write,))

    def stopped(self, message: str) -> Verdict:
        """Return the verdict on an answer that could not be observed to its end."""
        return self._verdict(WRONG, (), (message,))

    def no_verdict(self, message: str) -> Verdict:
        """Return what is said where the machine failed and not the answer: to be tried again."""
        return self._verdict(NO_VERDICT, (), (message,))

    def _verdict(self, state: str, kept: tuple[str, ...], messages: tuple[str, ...]) -> Verdict:
        points, of = len(kept), len(self.promises)
        return Verdict(self.id, self.title, state, points, of, kept, messages, self.hints)


def new_seed() -> int:
    """Return a seed that nobody knows beforehand, short enough to be typed."""
    return randbelow(1_000_000)


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


@functools.cache
def stems() -> tuple[str, ...]:
    """Return the stems of all chapters that have checks, in order."""
    modules = pkgutil.iter_modules([str(CHECKS)])
    return tuple(sorted(module.name for module in modules if module.name.startswith("ch")))


def exercises_of(stem: str) -> tuple[Exercise, ...]:
    """Return the exercises of a chapter, in order."""
    found: tuple[Exercise, ...] = importlib.import_module(f"course.checks.{stem}").EXERCISES
    return found


def every_exercise() -> Iterator[tuple[str, Exercise]]:
    """Yield (stem, exercise) for the whole course, in order."""
    for stem in stems():
        for exercise in exercises_of(stem):
            yield stem, exercise


def find(name: str) -> tuple[str, Exercise]:
    """Return (stem, exercise) for a name like ch01-ex2, or raise UnknownExercise."""
    for stem in stems():
        if chapter_of(stem) == chapter_of(name):
            for exercise in exercises_of(stem):
                if exercise.id == name:
                    return stem, exercise
    known = ", ".join(exercise.id for _, exercise in every_exercise())
    raise UnknownExercise(f"There is no exercise {name!r}. These exist: {known}.")
