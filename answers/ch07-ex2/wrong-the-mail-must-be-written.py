# failed for an app that takes its time
# breaks: fixed

import asyncio

from sqlalchemy import select

from lantern import client, lifespan
from lantern.theatre import Order


def looking(app, look, at="http.response.start"):
    async def wrapped(scope, receive, send):
        async def look_and_send(message):
            if message["type"] == at:
                await look()
            await send(message)

        await app(scope, receive, look_and_send)

    return wrapped


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
