# its free order is stored before the answer leaves
# breaks: fixed
# the rest is the course's own


async def stored_when_it_is_said(app):
    paid = []

    async def look():
        async with app.state.session() as session:
            paid.append(await session.scalar(select(Order.total_cents).where(Order.key == "mine")))

    async with lifespan(app), client(looking(app, look)) as http:
        await http.post("/orders/mine")
    assert paid[0]
