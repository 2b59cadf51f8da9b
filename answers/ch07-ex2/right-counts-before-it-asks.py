# orders are counted before the request, and when its answer leaves

import httpx
from sqlalchemy import func, select

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
    counts = []

    async def look():
        async with app.state.session() as session:
            counts.append(await session.scalar(select(func.count()).select_from(Order)))

    async with app.router.lifespan_context(app):
        await look()
        transport = httpx.ASGITransport(app=looking(app, look))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            (await http.post("/orders/mine")).raise_for_status()
    before, when_said = counts
    assert when_said == before + 1
