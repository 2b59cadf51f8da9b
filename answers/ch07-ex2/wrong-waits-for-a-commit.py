# the test let time pass
# breaks: late
# the rest is the course's own

import asyncio
import contextlib


async def stored_when_it_is_said(app):
    committed, in_time = asyncio.Event(), []

    async def look():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(committed.wait(), 0.2)
        async with app.state.session() as session:
            in_time.append(await session.scalar(select(Order.id).where(Order.key == "mine")))

    async with lifespan(app):
        event.listen(app.state.engine.sync_engine, "commit", lambda connection: committed.set())
        async with client(looking(app, look)) as http:
            await http.post("/orders/mine")
    assert in_time != [None]
