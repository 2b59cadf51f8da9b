"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

# They are slow, and only look.
LEFT_OUT = ("ch06c-55", "ch06c-58", "ch06c-62", "ch06c-64")

THE_BOX_OFFICE_IN_ONE_BLOCK = """
async def sell_with_a_receipt(session):
    order = await sell(session, TEO, Wish())
    order.key = f"receipt {order.id}"
    return "sold"


await in_every_order(
    lambda: retrying(sell_with_a_receipt, pause=0.001),
    write_into_the_programme,
    invariant=as_many_as_were_told,
)
"""
WHOSE_ORDERS = """
async with Read() as session:
    print("orders of", list(await session.scalars(select(Order.guest_id).order_by(Order.id))))
"""

CHANGES = {
    "ch06c-28": Change(
        edits={
            "ch06c-14": {
                'ForeignKey("guests.id"), primary_key=True)': 'ForeignKey("guests.id"))',
                "session.get(Asked, (guest, key))": "session.get(Asked, key)",
            },
            "ch06c-15": {},
            "ch06c-19": {},
            "ch06c-26": {},
            "ch06c-27": {},
        },
        from_the_top=True,
        adds=(WHOSE_ORDERS,),
        expects={
            "Ines is told 201, and the number of Teo's order": (
                """Ines, by chance: ['201 {"order":1}']"""
            ),
            "no seat for her": "orders of [2]",
        },
    ),
    "ch06c-36": Change(
        edits={
            "ch06c-35": {
                "if attempt == attempts:": (
                    "await session.rollback()\n                if attempt == attempts:"
                ),
            },
        },
        expects={
            "The fourteen orders of `retrying`, with the same ends": (
                "every order: 14 run, none breaks it 10: sold | sold "
                "2: sold | sqlalchemy.exc.OperationalError: "
                "(sqlite3.OperationalError) database is locked "
                "2: sqlalchemy.exc.OperationalError: "
                "(sqlite3.OperationalError) database is locked | sold"
            ),
        },
    ),
    "ch06c-40": Change(
        adds=(THE_BOX_OFFICE_IN_ONE_BLOCK,),
        expects={"No schedule breaks it, and nothing is refused": "2 run, none breaks it>"},
    ),
}
