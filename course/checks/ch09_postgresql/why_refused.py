"""ch09-ex1: which rule of the database refused a row."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sqlalchemy.exc import IntegrityError

from course.checking.attempts import attempt_sync, interruption
from course.checking.exercise import Broken, Exercise, Finding
from course.checks.ch09_postgresql.refusals import (
    ASYNCPG,
    GERMAN,
    PSYCOPG,
    Refusal,
    in_german,
    raised,
    refusals,
)

SENTENCES = {
    "known guest": "this guest is known",
    "taken seat": "this seat has a ticket",
    "no such show": "there is no such show",
}
NAMED = "a rule named"
ALIKE = (
    ("known guest", "uq_guests_email", "uq_guests_email_folded"),
    ("known guest", "uq_guests_email", "UQ_GUESTS_EMAIL"),
    ("taken seat", "uq_tickets_seat_id", "old_uq_tickets_seat_id"),
)
TYPED = ("uq_tickets_seat_id", "fk_orders_show_id_shows")  # what a guest may call himself
AGAIN, ANOTHER = "<raised again>", "<raised another>"
OF_DRIVER = {
    ASYNCPG: "`error.driver_exception` is asyncpg's own error, and has `constraint_name`",
    PSYCOPG: "`error.driver_exception` is psycopg's own error, and has it in `diag`",
}


@dataclass(frozen=True)
class Case:
    """The row that each refusal is about, and the order in which they come."""

    email: str
    show: int
    seat: int
    order: tuple[tuple[str, str], ...]  # refusal and driver

    @property
    def known(self) -> dict[str, Refusal]:
        """What was refused, by its name: also in German, and rules named alike."""
        known = refusals(self.email, self.show, self.seat)
        return known | in_german(known) | _named_alike(known)


def _named_alike(known: dict[str, Refusal]) -> dict[str, Refusal]:
    """Return refusals by rules without a sentence, whose names are like those that have one."""
    return {
        f"{NAMED} {name}": replace(
            known[of], message=known[of].message.replace(rule, name), constraint=name
        )
        for of, rule, name in ALIKE
    }


def draw(random: Random) -> Case:
    """Draw an address with the name of a rule in it: messages hold what a guest has typed."""
    show, seat = random.randrange(50, 99), random.randrange(2, 60)
    email = f"{random.choice(TYPED)}.{random.randrange(100)}@lantern.example"
    known = Case(email, show, seat, ()).known
    every = [(name, driver) for name in known for driver in OF_DRIVER]
    random.shuffle(every)
    every.sort(key=lambda one: one[0].startswith(NAMED))  # a sentence for one says less than others
    return Case(email, show, seat, tuple(every))


async def observe(case: Case, why_refused: Any) -> dict[str, Any]:
    """Ask the answer about each error, and keep what it returned or raised."""
    known, seen = case.known, []
    for name, driver in case.order:
        error = raised(known[name], driver)

        # Beside what is returned: an answer may return any text, these too.
        came: list[str] = []

        def ask(error: IntegrityError = error, came: list[str] = came) -> Any:
            try:
                return why_refused(error)
            except IntegrityError as again:
                came.append(AGAIN if again is error else ANOTHER)
                return None

        seen.append({**attempt_sync(ask).as_dict(), "raised": came[0] if came else ""})
    return {"outcomes": seen}


def judge(case: Case, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which refusals were told wrongly, and over which driver."""
    for (name, driver), outcome in zip(case.order, seen["outcomes"], strict=True):
        due = SENTENCES.get(name.removesuffix(GERMAN), AGAIN)
        promise = "others" if due == AGAIN else driver
        refusal, is_german = case.known[name], name.endswith(GERMAN)
        rule = f"`{refusal.constraint}`" if refusal.constraint else "no constraint with a name"
        server = ", from a server that speaks German" if is_german else ""
        about = f"Over {driver}{server}, {refusal.name.removesuffix('Error')} of {rule}: "
        said = f"it returned {outcome['value']!r}"
        if reason := interruption(outcome, "why_refused"):
            yield Broken(promise, f"{about}{reason} {OF_DRIVER[driver]}.")
        elif due == (outcome["raised"] if due == AGAIN else outcome["value"]):
            continue
        elif outcome["raised"] == ANOTHER:
            yield Broken(promise, f"{about}another error was raised; raise the one that came.")
        elif due == AGAIN and refusal.constraint is None:
            yield Broken(promise, f"{about}{said}. It is none of the three: raise it again.")
        elif due == AGAIN:
            why = (
                "Its name is like that of one, and another name."
                if name.startswith(NAMED)
                else "The message holds what was typed, and the statement too; the constraint's "
                "name does not."
            )
            none = "It is none of the three rules, so raise it again."
            yield Broken(promise, f"{about}{said}. {none} {why}")
        elif outcome["raised"] == AGAIN:
            yield Broken(promise, f"{about}it was raised again. {OF_DRIVER[driver]}.")
        else:
            yield Broken(
                promise,
                f"{about}{said}, and {due!r} was due. The message holds what a guest has typed.",
            )


WHY_REFUSED = Exercise(
    id="ch09-ex1",
    title="Which rule said no",
    objectives=("rules", "drivers"),
    answers=("why_refused",),
    promises={
        ASYNCPG: "over asyncpg, each of the three rules has its own sentence",
        PSYCOPG: "over psycopg, each of the three rules has its own sentence",
        "others": "whatever else the database refuses is raised again, as it came",
    },
    hints=(
        "What a message says differs by driver, by language and by what a guest has typed. Which "
        "part of the error is a name that you gave yourself?",
        "`error.driver_exception` is the driver's own error: asyncpg's has `constraint_name`, "
        "psycopg's has `diag.constraint_name`. Look it up in `SENTENCES`.",
    ),
    draw=draw,
    observe=observe,
    judge=judge,
)
