# the assert stands in the wrapper, and its error comes out through the app
# the rest is the course's own


async def stored_when_it_is_said(app):
    found = []

    async def look():
        async with app.state.session() as session:
            assert await session.scalar(select(Order.id).where(Order.key == "mine"))

    async with lifespan(app), client(looking(app, look)) as http:
        answer = await http.post("/orders/mine")
    assert answer.status_code == 201 and not found
