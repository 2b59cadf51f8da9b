# returned a coroutine
# breaks: lines, rows, back, ten


async def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int):
        return []
