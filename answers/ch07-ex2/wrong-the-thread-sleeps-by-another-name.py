# the test let time pass
# breaks: late
# the rest is the course's own

from time import sleep


async def stored_when_it_is_said(app):
    found = []

    async def look():
        sleep(0.05)
        async with app.state.session() as session:
            found.append(await session.scalar(select(Order.id).where(Order.key == "mine")))

    async with lifespan(app), client(looking(app, look)) as http:
        await http.post("/orders/mine")
    assert found != [None]
