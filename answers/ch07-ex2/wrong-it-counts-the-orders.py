# commits its order in time, another one then
# breaks: other
# the rest is the course's own

import httpx
from sqlalchemy import func, select


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
