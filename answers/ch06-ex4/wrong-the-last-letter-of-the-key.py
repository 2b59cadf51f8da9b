# twice, with two keys
# breaks: again
# the rest is the course's own


def add_orders(app: FastAPI) -> None:
    @app.post("/shows/{show_id}/orders", status_code=201)
    async def place_order(
        show_id: int,
        wish: OrderIn,
        session: WriteSession,
        x_guest: Annotated[int, Header()],
        idempotency_key: Annotated[str, Header()],
    ) -> dict[str, int | None]:
        asked = f"{wish.tickets} for show {show_id}"
        new = Receipt(guest_id=x_guest, key=idempotency_key[-1], asked=asked)
        receipt = await first_or_found(session, new)
        if receipt.asked != asked:
            raise HTTPException(422, "this key was sent with another order")
        if receipt is new:
            new.order_id = (await sell(session, show_id, x_guest, wish.tickets)).id
        return {"order": receipt.order_id}
