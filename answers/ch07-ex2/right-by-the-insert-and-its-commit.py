# events of the engine: the COMMIT on the order's own connection, before the status

from sqlalchemy import event

from lantern import Wire, client, lifespan


async def stored_when_it_is_said(app):
    order, inserting = [], set()

    def sent(connection, cursor, statement, parameters, context, many):
        if statement.startswith("INSERT INTO orders") and "mine" in parameters:
            inserting.add(connection)

    def committed(connection):
        if connection in inserting:
            order.append("COMMIT")

    async with lifespan(app):
        engine = app.state.engine.sync_engine
        event.listen(engine, "before_cursor_execute", sent)
        event.listen(engine, "commit", committed)
        async with client(Wire(app, order)) as http:
            await http.post("/orders/mine")
    assert order[0] == "COMMIT"
