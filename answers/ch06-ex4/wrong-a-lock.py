# in two processes, each with a lock of its own
# breaks: once
# on PostgreSQL: it does not hold either
# the rest is the course's own

import asyncio
from typing import Any

lock = asyncio.Lock()


def add_orders(app: FastAPI) -> None:
    @app.post("/shows/{show_id}/orders", status_code=201)
    async def place_order(
        show_id: int,
        wish: OrderIn,
        request: Request,
        x_guest: Annotated[int, Header()],
        idempotency_key: Annotated[str, Header()],
    ) -> Any:
        asked = f"{wish.tickets} for show {show_id}"
        async with lock, request.app.state.session.begin() as session:
            found = await session.get(Receipt, (x_guest, idempotency_key))
            if found is None:
                order = await sell(session, show_id, x_guest, wish.tickets)
                found = Receipt(
                    guest_id=x_guest, key=idempotency_key, asked=asked, order_id=order.id
                )
                session.add(found)
            if found.asked != asked:
                raise HTTPException(422)
        return {"order": found.order_id}
