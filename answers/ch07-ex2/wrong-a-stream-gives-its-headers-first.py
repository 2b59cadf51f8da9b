# commits in a dependency of the default scope. When its 201 left
# breaks: late

from sqlalchemy import select

from lantern import client, lifespan
from lantern.theatre import Order


async def stored_when_it_is_said(app):
    async with (
        lifespan(app),
        client(app) as http,
        http.stream("POST", "/orders/mine") as answer,
        app.state.session() as session,
    ):
        assert answer.status_code == 201
        assert await session.scalar(select(Order.id).where(Order.key == "mine"))
