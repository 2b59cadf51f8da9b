# failed for an app that commits in a dependency of function scope
# breaks: fixed

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
            found.extend((await session.scalars(select(Order.key))).all())

    async with lifespan(app), client(looking(app, look)) as http:
        answer = await http.post("/orders/mine")
    assert found == ["mine"]
