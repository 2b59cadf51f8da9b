# a time-out around it all, which ends nothing
# the rest is the course's own

import asyncio


async def stored_when_it_is_said(app):
    found = []

    async def look():
        async with asyncio.timeout(10), app.state.session() as session:
            found.append(await session.scalar(select(Order.id).where(Order.key == "mine")))

    async with asyncio.timeout(10), lifespan(app), client(looking(app, look)) as http:
        await http.post("/orders/mine")
        await asyncio.sleep(0.02)
    assert found[0]
