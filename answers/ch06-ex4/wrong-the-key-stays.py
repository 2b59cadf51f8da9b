# A guest was told 409, sold out. Then places came back
# breaks: failed
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
        Session, key = request.app.state.session, (x_guest, idempotency_key)
        try:
            async with Session.begin() as session:
                session.add(Receipt(guest_id=x_guest, key=idempotency_key, asked=asked))
        except IntegrityError:
            async with Session() as session:
                found = await session.get_one(Receipt, key)
            if found.asked != asked:
                raise HTTPException(422) from None
            if found.order_id is None:
                raise HTTPException(409, "it is under way") from None
            return {"order": found.order_id}
        async with Session.begin() as session:
            order = await sell(session, show_id, x_guest, wish.tickets)
            (await session.get_one(Receipt, key)).order_id = order.id
        return {"order": order.id}
