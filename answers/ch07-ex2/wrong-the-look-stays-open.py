# 1 connection was still out
# breaks: house
# the rest is the course's own


async def stored_when_it_is_said(app):
    found = []

    async def look():
        session = app.state.session()
        found.append(await session.scalar(select(Order.id).where(Order.key == "mine")))

    async with lifespan(app), client(looking(app, look)) as http:
        answer = await http.post("/orders/mine")
    assert found != [None]
