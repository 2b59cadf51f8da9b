# when the app's function had returned, there was one
# breaks: late

from sqlalchemy import select

from lantern import client, lifespan
from lantern.theatre import Order


async def stored_when_it_is_said(app):
    async with lifespan(app), client(app) as http:
        answer = await http.post("/orders/mine")
        assert answer.status_code == 201
        async with app.state.session() as session:
            assert await session.scalar(select(Order.id).where(Order.key == "mine"))
