# UNIQUE constraint failed
# breaks: once
# the rest is the course's own

from typing import Any


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
        Session = request.app.state.session
        async with Session() as session:
            found = await session.get(Receipt, (x_guest, idempotency_key))
        if found:
            if found.asked != asked:
                raise HTTPException(422)
            return {"order": found.order_id}
        async with Session.begin() as session:
            order = await sell(session, show_id, x_guest, wish.tickets)
            session.add(
                Receipt(guest_id=x_guest, key=idempotency_key, asked=asked, order_id=order.id)
            )
        return {"order": order.id}
