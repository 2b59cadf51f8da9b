# When the program ended after its first COMMIT
# breaks: failed
# the rest is the course's own

from typing import Any


async def key_is_new(Session: Any, receipt: Receipt) -> bool:
    try:
        async with Session.begin() as session:
            session.add(receipt)
    except IntegrityError:
        return False
    return True


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
        if not await key_is_new(Session, Receipt(guest_id=key[0], key=key[1], asked=asked)):
            async with Session() as session:
                found = await session.get(Receipt, key)
            if found and found.asked != asked:
                raise HTTPException(422)
            if found is None or found.order_id is None:
                raise HTTPException(409, "it is under way")
            return {"order": found.order_id}
        try:
            async with Session.begin() as session:
                order = await sell(session, show_id, x_guest, wish.tickets)
                mine = update(Receipt).where(Receipt.guest_id == x_guest, Receipt.key == key[1])
                await session.execute(mine.values(order_id=order.id))
        except BaseException:
            async with Session.begin() as session:
                await session.delete(await session.get_one(Receipt, key))
            raise
        return {"order": order.id}
