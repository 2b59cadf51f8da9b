# an INSERT that is refused is caught, and its transaction goes on: SQLite takes back that alone
# on PostgreSQL: around what may fail, `session.begin_nested()`, lets the rest go on
# the rest is the course's own

from sqlalchemy import insert


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
        values = {"guest_id": x_guest, "key": idempotency_key, "asked": asked}
        try:
            await session.execute(insert(Receipt).values(values))
        except IntegrityError:
            receipt = await session.get_one(Receipt, (x_guest, idempotency_key))
            if receipt.asked != asked:
                raise HTTPException(422) from None
            return {"order": receipt.order_id}
        receipt = await session.get_one(Receipt, (x_guest, idempotency_key))
        receipt.order_id = (await sell(session, show_id, x_guest, wish.tickets)).id
        return {"order": receipt.order_id}
