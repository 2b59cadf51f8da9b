# no order with this key was ever stored
# breaks: never
# the rest is the course's own


async def stored_when_it_is_said(app):
    found = []

    async def look():
        async with app.state.session() as session:
            found.extend(await session.scalars(select(Order.key)))

    async with lifespan(app), client(looking(app, look)) as http:
        answer = await http.post("/orders/mine")
        if "mine" in found:
            return
        await look()
    if "mine" in found:
        raise AssertionError("the order came after the answer")
