# SQL as text


from sqlalchemy import text


async def everybody_sits(Session):
    async with Session() as session:
        full = await session.scalar(
            text(
                "SELECT count(*) FROM shows WHERE capacity < (SELECT count(*) FROM tickets "
                "JOIN orders ON orders.id = tickets.order_id WHERE orders.show_id = shows.id)"
            )
        )
    assert full == 0, full


schedule = "BBB" + "A" * 5 + "BBB"
