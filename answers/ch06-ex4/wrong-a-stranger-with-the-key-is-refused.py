# came with the same key, by chance, and was answered with 409
# breaks: guest
# the rest is the course's own

from typing import Any


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
        await session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold))
        found = await session.scalar(select(Receipt).where(Receipt.key == idempotency_key))
        if found is None:
            order = await sell(session, show_id, x_guest, wish.tickets)
            found = Receipt(guest_id=x_guest, key=idempotency_key, asked=asked, order_id=order.id)
            session.add(found)
        if found.guest_id != x_guest:
            raise HTTPException(409, "take another key")
        if found.asked != asked:
            raise HTTPException(422)
        return {"order": found.order_id}
