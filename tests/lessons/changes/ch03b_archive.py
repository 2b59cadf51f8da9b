"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

CHANGES = {
    "ch03b-32": Change(
        edits={
            "ch03b-31": {
                "show = await session.get(Show, 1,": "first = await session.get(Show, 1,",
                "eager = len(show.orders)": "eager = len(first.orders)",
                "show = await session.get(Show, 2)": "second = await session.get(Show, 2)",
                "await show.awaitable_attrs.orders": "await second.awaitable_attrs.orders",
                "show = await session.get(Show, 3)": "third = await session.get(Show, 3)",
                "session.refresh(show,": "session.refresh(third,",
                "refreshed = len(show.orders)": "refreshed = len(third.orders)",
                "show = await session.get(Show, 4)": "fourth = await session.get(Show, 4)",
                "lambda inner: len(show.orders)": "lambda inner: len(fourth.orders)",
            },
        },
        adds=("[len(show.orders) for show in (first, second, third, fourth)]",),
        expects={"All four": "[3, 3, 3, 3]"},
    ),
    "ch03b-44": Change(
        edits={
            "ch03b-37": {
                "selectinload(Show.orders)":
                    "selectinload(Show.orders).selectinload(Order.tickets)",
            },
        },
        again=("ch03b-38",),
        expects={"Three": "'with_selectinload': (36, 3)"},
    ),
}  # fmt: skip
