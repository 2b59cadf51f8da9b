# standing room costs nothing here
# breaks: rows
# the rest is the course's own


async def buy(
    Session: async_sessionmaker[AsyncSession], show_id: int, guest_id: int
) -> Order | None:
    async with Session.begin() as session:
        taken = await session.execute(
            update(Show)
            .where(Show.id == show_id, Show.sold < Show.capacity)
            .values(sold=Show.sold + 1)
        )
        if taken.rowcount == 0:
            return None
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=500, tickets=[Ticket()])
        session.add(order)
    return order
