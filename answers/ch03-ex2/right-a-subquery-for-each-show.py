# one statement with a scalar subquery, as text

from sqlalchemy import bindparam, text

COUNTS = """
SELECT "shows"."id", (
    SELECT count(*) FROM tickets AS t JOIN orders AS o ON o.id = t.order_id
    WHERE o.show_id = shows.id
) FROM shows WHERE shows.id IN :ids
"""


async def dashboard(Session, show_ids):
    statement = text(COUNTS).bindparams(bindparam("ids", expanding=True))
    async with Session() as session:
        rows = await session.execute(statement, {"ids": list(show_ids)})
        return {row[0]: row[1] for row in rows}
