# no order with this key was ever stored
# breaks: never
# the rest is the course's own


async def stored_when_it_is_said(app):
    found = []

    async def look():
        async with app.state.session() as session:
            found.append(await session.scalar(select(Order.id).where(Order.key == "mine")))

    async with lifespan(app), client(looking(app, look)) as http:
        answer = await http.post("/orders/mine")
        await look()
    first, last = found
    assert first == last
