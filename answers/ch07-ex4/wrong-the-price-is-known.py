# What does it ask for that was not promised?
# breaks: right
# the rest is the course's own


async def a_seat_costs_what_it_costs(app):
    assert await ask(app, "dear") == 201
    async with app.state.session() as session:
        assert await session.scalar(select(Order.total_cents).where(Order.key == "dear")) == 2500


tests.append(a_seat_costs_what_it_costs)
