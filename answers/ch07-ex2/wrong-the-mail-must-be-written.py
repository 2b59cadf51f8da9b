# failed for an app that takes its time
# breaks: fixed
# the rest is the course's own

import asyncio


async def stored_when_it_is_said(app):
    found = []
    app.state.mails = []
    sleep = asyncio.sleep

    async def noted(seconds, *rest):
        app.state.mails.append(seconds)
        await sleep(0, *rest)

    async def look():
        async with app.state.session() as session:
            found.append(await session.scalar(select(Order.id).where(Order.key == "mine")))

    asyncio.sleep = noted
    try:
        async with lifespan(app), client(looking(app, look)) as http:
            await http.post("/orders/mine")
    finally:
        asyncio.sleep = sleep
    assert found != [None]
    assert not app.state.mails
