# the assert stands in the wrapper, and its error comes out through the app

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

    async def look():
        async with app.state.session() as session:
            assert await session.scalar(select(Order.id).where(Order.key == "mine"))

    async with lifespan(app), client(looking(app, look)) as http:
        answer = await http.post("/orders/mine")
    assert answer.status_code == 201 and not found
