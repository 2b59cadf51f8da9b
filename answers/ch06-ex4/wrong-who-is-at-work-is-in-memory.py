# It had not asked the database
# breaks: once
# the rest is the course's own

at_work = set()


def add_orders(app: FastAPI) -> None:
    @app.post("/shows/{show_id}/orders", status_code=201)
    async def place_order(
        show_id: int,
        wish: OrderIn,
        request: Request,
        x_guest: Annotated[int, Header()],
        idempotency_key: Annotated[str, Header()],
    ) -> dict[str, int | None]:
        mine, asked = (x_guest, idempotency_key), f"{wish.tickets} for show {show_id}"
        if mine in at_work:
            raise HTTPException(409, "just now")
        at_work.add(mine)
        try:
            async with request.app.state.session.begin() as session:
                receipt = await session.get(Receipt, mine)
                if receipt is None:
                    order = await sell(session, show_id, x_guest, wish.tickets)
                    receipt = Receipt(
                        guest_id=x_guest, key=idempotency_key, asked=asked, order_id=order.id
                    )
                    session.add(receipt)
                elif receipt.asked != asked:
                    raise HTTPException(422, "this key was sent with another order")
                return {"order": receipt.order_id}
        finally:
            at_work.discard(mine)
