# sqlite3 looks into the file, as another program would

import contextlib
import sqlite3

from lantern import lifespan


async def stored_when_it_is_said(app):
    async with lifespan(app):
        found = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            if message["type"] == "http.response.start":
                path = app.state.engine.url.database
                with contextlib.closing(sqlite3.connect(path)) as other:
                    query = "SELECT count(*) FROM orders WHERE key = 'mine'"
                    found.append(other.execute(query).fetchone()[0])

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": "/orders/mine",
            "raw_path": b"/orders/mine",
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [],
            "server": ("house", 80),
            "client": ("guest", 1),
        }
        await app(scope, receive, send)
    if found != [1]:
        raise AssertionError(f"{found} orders when it was said")
