"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

ADDED = "session.add(new_order(key))\n"
A_COMMIT_THAT_FAILS = """
from sqlalchemy.ext.asyncio import async_sessionmaker

shipped = make_engine(as_shipped=True, connect_args={"timeout": 0})
await seed(shipped)


async def commit_on_shipped():
    async with async_sessionmaker(shipped)() as session:
        yield session
        await session.commit()


sell_with(commit_on_shipped, "request", "/shipped-late")
async with shipped.connect() as reader:
    await reader.exec_driver_sql("BEGIN")
    await reader.exec_driver_sql("SELECT * FROM orders")
    life = await record_request(app, "POST", "/shipped-late/new", shipped)
draw_requests(life)
"""

CHANGES = {
    "ch04b-20": Change(
        edits={"ch04b-13": {ADDED: f"{ADDED}        await session.flush()\n"}},
        from_the_top=True,
        adds=(A_COMMIT_THAT_FAILS,),
        expects={
            "409 both times": (
                "request scope: status 409, INSERT failed before the answer, "
                "ROLLBACK before the answer, connection 1 back before the answer; "
                "function scope: status 409, INSERT failed before the answer"
            ),
            "the INSERT is sent in the endpoint, before there is an answer": (
                "4. endpoint sell begins. 5. connection 1 is taken. "
                "6. connection 1 sends INSERT, which fails with IntegrityError. "
                "7. connection 1 sends ROLLBACK. 8. endpoint sell ends with IntegrityError."
            ),
            "not against a COMMIT that fails by itself":
                "<Picture: status 201, COMMIT failed after the answer",
        },
    ),
    "ch04b-56": Change(
        edits={
            "ch04b-49": {
                "Shipped.begin() as session:\n        yield session": (
                    "Shipped.begin() as session:\n"
                    "        yield session\n"
                    "        await session.commit()"
                ),
            },
        },
        from_the_top=True,
        expects={
            "Ines's order is stored": "['okoro', 'teo', 'ines', 'mara']",
            "she was told 500": "Ines, while somebody reads: status 500",
            "the block finds nothing left to roll back": (
                "Ines, while somebody reads: status 500, COMMIT failed before the answer, "
                "connection 1 back before the answer"
            ),
        },
    ),
}  # fmt: skip
