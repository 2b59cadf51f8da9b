# or is each awaited before the next one is made
# breaks: together
# the rest is the course's own


async def dashboard(
    Session: async_sessionmaker[AsyncSession], show_ids: Sequence[int]
) -> dict[int, int]:
    async def tickets_of(show_id: int) -> int:
        counted = select(func.count(Ticket.id)).join(Ticket.order).where(Order.show_id == show_id)
        async with Session() as session:
            return await session.scalar(counted)

    return {one: await asyncio.create_task(tickets_of(one)) for one in show_ids}
