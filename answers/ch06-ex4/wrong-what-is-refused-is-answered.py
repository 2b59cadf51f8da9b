# was answered with 201, {"order":null}
# breaks: failed
# on PostgreSQL: nothing of this is seen
# the rest is the course's own

from typing import Any

from fastapi.responses import JSONResponse
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError


def add_orders(app: FastAPI) -> None:
    @app.post("/shows/{show_id}/orders", status_code=201)
    async def place_order(
        show_id: int,
        wish: OrderIn,
        session: WriteSession,
        x_guest: Annotated[int, Header()],
        idempotency_key: Annotated[str, Header()],
    ) -> Any:
        asked = f"{wish.tickets} for show {show_id}"
        new = Receipt(guest_id=x_guest, key=idempotency_key, asked=asked)
        receipt = await first_or_found(session, new)
        if receipt.asked != asked:
            raise HTTPException(422)
        if receipt is new:
            room = update(Show).where(Show.id == show_id, Show.sold + wish.tickets <= Show.capacity)
            taken = await session.execute(room.values(sold=Show.sold + wish.tickets))
            if taken.rowcount == 0:
                raise HTTPException(409, "sold out")
            order = insert(Order).values(show_id=show_id, guest_id=x_guest, total_cents=0)
            try:
                order_id = await session.scalar(order.returning(Order.id))
            except DBAPIError:
                return JSONResponse({"detail": "not now"}, 503)
            session.add_all(Ticket(order_id=order_id) for _ in range(wish.tickets))
            new.order_id = order_id
        return {"order": receipt.order_id}
