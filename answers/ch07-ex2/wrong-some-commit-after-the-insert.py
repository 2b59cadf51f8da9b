# commits another order first, and its own after the answer
# breaks: other

from sqlalchemy import event

from lantern import Wire, client, lifespan


async def stored_when_it_is_said(app):
    order = []

    def committed(connection):
        order.append("COMMIT")

    async with lifespan(app):
        event.listen(app.state.engine.sync_engine, "commit", committed)
        async with client(Wire(app, order)) as http:
            await http.post("/orders/mine")
    assert order and order[0] == "COMMIT"
    assert order.count("COMMIT") >= 1
