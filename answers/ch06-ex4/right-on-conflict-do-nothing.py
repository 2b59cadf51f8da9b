# ON CONFLICT DO NOTHING, and rowcount says who was first
# on PostgreSQL: `sqlalchemy.dialects.sqlite` has SQLite's INSERT
# the rest is the course's own

from typing import Any

from sqlalchemy.dialects.sqlite import insert


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
        receipt = {"guest_id": x_guest, "key": idempotency_key, "asked": asked}
        new = await session.execute(insert(Receipt).values(receipt).on_conflict_do_nothing())
        found = await session.get_one(Receipt, (x_guest, idempotency_key))
        if found.asked != asked:
            raise HTTPException(422)
        if new.rowcount:
            order = await sell(session, show_id, x_guest, wish.tickets)
            found.order_id = order.id
        return {"order": found.order_id}
