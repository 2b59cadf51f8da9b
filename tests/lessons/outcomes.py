"""Questions of the pages that ask which end is possible, and the code that is asked in their place.

A question stands here as on its page; its code runs at the end of the lesson, and prints all ends
that there are, as a list of texts in JSON. An option stands for an end that is possible, or, as a
set, for all that are.
"""

from dataclasses import dataclass

Ends = str | frozenset[str]


@dataclass(frozen=True)
class Asked:
    """The lesson whose names the code uses, the code, and what end each option stands for."""

    lesson: str
    code: str
    ends: dict[str, Ends]


AT_THE_LAST_SEAT = """
import json

ends = set()


async def note(told):
    async with Read() as session:
        sold = await session.scalar(select(Show.sold))
        tickets = await session.scalar(select(func.count(Ticket.id)))
    words = [told if isinstance(told, str) else "an error" for told in told]
    ends.add(f"{' and '.join(sorted(words))}; tickets {tickets}, sold {sold}")


await explore(ENGINE, TASKS, before=last_seat, invariant=note)
print(json.dumps(sorted(ends)))
"""

OF_TWO_CLICKS = """
import json

ends = set()
app = build(PLACE)


async def note(told):
    ends.add(f"{' and '.join(sorted(answer[:3] for answer in told))}; orders {await orders()}")


async def click():
    return (await ask(app, key="k"))[-1]


await in_every_order(click, click, invariant=note)
print(json.dumps(sorted(ends)))
"""


def two_guests(lesson: str, task: str, ends: dict[str, Ends], engine: str = "engine") -> Asked:
    """Return what is asked of two guests of one seat who do the same."""
    code = AT_THE_LAST_SEAT.replace("TASKS", f"{task}, {task}").replace("ENGINE", engine)
    return Asked(lesson, code, ends)


def two_clicks(place: str, ends: dict[str, Ends]) -> Asked:
    """Return what is asked of one request that comes twice at once."""
    return Asked("ch06c_double_click", OF_TWO_CLICKS.replace("PLACE", place), ends)


ONE = "sold and sold out; tickets 1, sold 1"
TWICE = "sold and sold; tickets 2, sold 1"
TOLD_BOTH = "201 and 201; orders 1"
REFUSED = "an error and sold; tickets 1, sold 1"

QUESTIONS = {
    "Two guests, one seat, and the program of that morning. "
    "Which of these can be the end?": two_guests(
        "ch06a_overselling",
        "buy_as_it_was",
        {
            "One is served, and the other gets an error.": REFUSED,
            "Both have a ticket, and `sold` is 1.": TWICE,
            "Both have a ticket, and `sold` is 2.": "sold and sold; tickets 2, sold 2",
        },
    ),
    "The same in one block of `Read.begin()`, on SQLite. "
    "Which of these can be the end?": two_guests(
        "ch06a_overselling",
        "buy_and_read_first",
        {
            "One is served, and the other gets an error.": REFUSED,
            "Both get an error, and the seat stays empty.": (
                "an error and an error; tickets 0, sold 0"
            ),
            "Both have a ticket, and `sold` is 1.": "sold and sold; tickets 2, sold 1",
        },
    ),
    "A program looks with `select(Show).with_for_update()` and writes in the same block, on SQLite "
    "as its driver ships it. Two guests, one seat. What is possible?": two_guests(
        "ch06b_locks",
        "buy_for_update(Shipped)",
        {
            "*Sold* and *sold out*, or *sold* and an error.": frozenset({ONE, REFUSED}),
            "*Sold* and *sold out*, or *sold* twice.": frozenset({ONE, TWICE}),
            "*Sold* and *sold out*, in every order.": frozenset({ONE}),
        },
        "shipped",
    ),
    "Two guests, one seat. Each one looks, commits, and writes under a version counter; who gets a "
    "`StaleDataError` rolls back, commits again, and says *sold*. What is possible?": (
        two_guests(
            "ch06b_locks",
            "partial(refused_then, roll_back_and_commit)",
            {
                "*Sold* twice, and one ticket.": "sold and sold; tickets 1, sold 1",
                "*Sold* twice, and two tickets.": "sold and sold; tickets 2, sold 1",
                "*Sold*, and then another error.": REFUSED,
            },
        )
    ),
    "Two requests with one key arrive at once. Each looks whether the key is there, in a session "
    "of its own; then one transaction writes the order and the key, which is unique. Which "
    "outcomes are possible, on SQLite?": two_clicks(
        "look_then_both",
        {
            "One order; both are told of it, or one is told of the constraint.": frozenset(
                {TOLD_BOTH, "201 and 409; orders 1"}
            ),
            "Two orders in some cases, since both have looked before either has written.": (
                "201 and 201; orders 2"
            ),
            "One order, and both are told of it, in all cases.": frozenset({TOLD_BOTH}),
        },
    ),
    "The same, but the key is written in a second transaction, after the order's COMMIT. Which "
    "outcomes are possible?": two_clicks(
        "key_afterwards",
        {
            "One order in all cases: the key is unique as before.": frozenset({TOLD_BOTH}),
            "One order or two; where there are two, nobody gets an error.": frozenset(
                {TOLD_BOTH, "201 and 201; orders 2"}
            ),
            "One order or two; where there are two, one client is told of the constraint.": (
                frozenset({TOLD_BOTH, "201 and 409; orders 2"})
            ),
        },
    ),
}
