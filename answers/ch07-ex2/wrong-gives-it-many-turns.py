# leaves its order to a task that it does not wait for
# breaks: late
# the rest is the course's own

import asyncio


async def stored_when_it_is_said(app):
    found = []

    async def is_stored():
        async with app.state.session() as session:
            return bool(await session.scalar(select(Order.id).where(Order.key == "mine")))

    async def look():
        for _ in range(3000):
            await asyncio.sleep(0)
        found.append(await is_stored())

    async with lifespan(app), client(looking(app, look)) as http:
        await http.post("/orders/mine")
    assert found[-1:] == [True]
