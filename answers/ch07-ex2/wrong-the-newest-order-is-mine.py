# commits its order in time, another one then
# breaks: other
# the rest is the course's own


async def stored_when_it_is_said(app):
    newest = []

    async def look():
        async with app.state.session() as session:
            newest.append(await session.scalar(select(Order.key).order_by(Order.id.desc())))

    async with lifespan(app), client(looking(app, look)) as http:
        await http.post("/orders/mine")
    assert newest == ["mine"]
