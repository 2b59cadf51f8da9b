"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

RAISE = """        await session.execute(update(Show).values(sold=Show.sold + 1))
"""
ADD = """        order = new_order()
        session.add(order)
"""
LOOK = """        room = update(Show).where(Show.sold < Show.capacity).values(sold=Show.sold + 1)
        if (await session.execute(room)).rowcount == 0:
            raise HTTPException(409, "sold out")
"""
NEXT = "    async with Session.begin() as session:\n        session.add(LedgerEntry"
ONE = "        await session.flush()\n        session.add(LedgerEntry"

CHANGES = {
    "ch07c-08": Change(
        edits={
            "ch07c-04": {ADD + RAISE: LOOK + ADD},
            "ch07c-07": {'"INSERT INTO orders"': '"UPDATE shows"'},
        },
        from_the_top=True,
        expects={
            "`[201, 409]`, and four ticks of the audit": (
                "([201, 409], ✓ no show has more tickets than seats "
                "✓ every show's sold count equals its tickets ✓ the ledger equals the orders"
            )
        },
    ),
    "ch07c-12": Change(
        edits={"ch07c-04": {NEXT: ONE}},
        from_the_top=True,
        expects={
            "`{1: (500, True), 2: (201, True), 3: (201, True)}`": (
                "{1: (500, True), 2: (201, True), 3: (201, True)}"
            )
        },
    ),
    "ch07c-24": Change(
        edits={
            "ch07c-14": {
                "select(Order).order_by(Order.id)": (
                    "select(Order).options(selectinload(Order.tickets)).order_by(Order.id)"
                )
            },
            "ch07c-03": {
                "from sqlalchemy.util": (
                    "from sqlalchemy.orm import selectinload\nfrom sqlalchemy.util"
                )
            },
        },
        from_the_top=True,
        expects={"`(2, 2)`": "(2, 2)"},
    ),
}
