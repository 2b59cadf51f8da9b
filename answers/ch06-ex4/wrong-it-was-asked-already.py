# The same request with the same key was answered with 409
# breaks: again
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
        new = Receipt(guest_id=x_guest, key=idempotency_key, asked=asked)
        receipt = await first_or_found(session, new)
        if receipt.asked != asked:
            raise HTTPException(422)
        if receipt is not new:
            raise HTTPException(409, "this was asked already")
        new.order_id = (await sell(session, show_id, x_guest, wish.tickets)).id
        return {"order": receipt.order_id}
