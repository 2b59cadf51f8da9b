# failed for an app that commits in a dependency of function scope
# breaks: fixed
# the rest is the course's own


async def stored_when_it_is_said(app):
    found = []

    async def look():
        async with app.state.session() as session:
            found.extend((await session.scalars(select(Order.key))).all())

    async with lifespan(app), client(looking(app, look)) as http:
        answer = await http.post("/orders/mine")
    assert found == ["mine"]
