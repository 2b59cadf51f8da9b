# no order with this key was ever stored
# breaks: never

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
            found.append(len((await session.scalars(select(Order.id))).all()))

    async with lifespan(app), client(looking(app, look)) as http:
        answer = await http.post("/orders/mine")
        await look()
    if found[-1] > found[0]:
        raise AssertionError("an order came after the answer")
