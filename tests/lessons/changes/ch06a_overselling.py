"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

CHANGES = {
    "ch06a-17c": Change(
        adds=("await by_hand('AAAABAAAAB')", "await by_hand('AAAABBAAAA')"),
        expects={
            "Teo commits first, and her SELECT gives `sold = 1`": "capacity = 1, sold = 1",
            "With a B before Teo's COMMIT it is too late": "Next: Ines with ROLLBACK",
        },
    ),
    "ch06a-18": Change(
        adds=(
            "found = await in_every_order(*[buy_as_it_was] * 3)\n"
            "tickets = Counter(outcome.count('sold') for outcome in found.outcomes.elements())\n"
            "found, found.orders - len(found.broken), tickets[1]",
        ),
        expects={"Twenty-one, and three of them hold": "every order: 21 run, 18 break it>, 3, 3)"},
    ),
    "ch06a-41": Change(
        adds=(
            "mended = [lambda: buy_or_wait_in_one(Read), lambda: give_back_in_one(Read)]\n"
            "found = await in_every_order(*mended, **options)\n"
            "locked = [told for told in found.outcomes.elements() if 'locked' in told[1]]\n"
            "found, len(locked), any('locked' in told[0] for told in found.outcomes)",
        ),
        expects={
            "Nothing breaks, and in two of four orders": "4 run, none breaks it>, 2, False)",
        },
    ),
}
