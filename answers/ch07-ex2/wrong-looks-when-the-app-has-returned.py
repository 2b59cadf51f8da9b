# When does your test look
# breaks: late

from sqlalchemy import select

from lantern import client, lifespan
from lantern.theatre import Order


async def stored_when_it_is_said(app):
    found = []

    async def looking(scope, receive, send):
        await app(scope, receive, send)
        async with app.state.session() as session:
            found.append(await session.scalar(select(Order.id).where(Order.key == "mine")))

    async with lifespan(app), client(looking) as http:
        await http.post("/orders/mine")
    assert found != [None]
