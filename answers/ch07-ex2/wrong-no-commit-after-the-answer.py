# commits its order in time, another one then, and one after the answer
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
    assert "COMMIT" in order
    assert "COMMIT" not in order[order.index("wire: status 201") :]
