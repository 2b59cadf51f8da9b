# and then writes that number plus one
# breaks: oversold
# the rest is the course's own


async def two_want_the_last_seat(app):
    await leave_one_seat(app)
    await asyncio.gather(ask(app, "teo"), ask(app, "okoro"))
    async with app.state.session() as session:
        assert await session.scalar(select(Show.id).where(Show.sold > Show.capacity)) is None


tests[1] = two_want_the_last_seat
