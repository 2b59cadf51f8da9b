# A guest was told 409, sold out. Then places came back
# breaks: failed
# the rest is the course's own

from typing import Any

from fastapi.responses import JSONResponse


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
            try:
                new.order_id = (await sell(session, show_id, x_guest, wish.tickets)).id
            except HTTPException as refused:
                return JSONResponse({"detail": refused.detail}, refused.status_code)
        return {"order": receipt.order_id}
