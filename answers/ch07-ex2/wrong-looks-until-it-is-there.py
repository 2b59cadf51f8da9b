# the test let time pass
# breaks: late
# the rest is the course's own

import asyncio


async def stored_when_it_is_said(app):
    found = []

    async def is_stored():
        async with app.state.session() as session:
            return bool(await session.scalar(select(Order.id).where(Order.key == "mine")))

    async def look():
        for _ in range(5):
            if found[-1:] != [True]:
                await asyncio.sleep(0.01)
                found.append(await is_stored())

    async with lifespan(app), client(looking(app, look)) as http:
        await http.post("/orders/mine")
    assert found[-1:] == [True]
