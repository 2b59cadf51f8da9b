# nobody ended the app's lifespan
# breaks: house
# the rest is the course's own


async def stored_when_it_is_said(app):
    found = []

    async def look():
        async with app.state.session() as session:
            found.append(await session.scalar(select(Order.id).where(Order.key == "mine")))

    await app.router.lifespan_context(app).__aenter__()
    async with client(looking(app, look)) as http:
        answer = await http.post("/orders/mine")
    assert found != [None]
