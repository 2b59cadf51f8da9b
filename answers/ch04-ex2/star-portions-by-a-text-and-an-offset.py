# no connection was in use

import json

from fastapi import Request
from fastapi.responses import StreamingResponse
from sqlalchemy import text

PORTION = text(
    "SELECT id, guest_id, total_cents FROM orders WHERE show_id = :show"
    " ORDER BY id DESC LIMIT 500 OFFSET :done"
)


def add_export(app):
    async def lines(read, show_id):
        done = 0
        while True:
            async with read() as session:
                rows = (await session.execute(PORTION, {"show": show_id, "done": done})).all()
            if not rows:
                break
            yield "".join(json.dumps(row._asdict()) + "\n" for row in rows)
            done += len(rows)

    @app.get("/shows/{show_id}/orders", response_class=StreamingResponse)
    async def export(show_id: int, request: Request):
        return StreamingResponse(lines(request.app.state.read, show_id))
