# each order once, with what it costs
# breaks: own
# the rest is the course's own


def add_sales(app: FastAPI, Db: Any, pay: Callable[[int, int], Awaitable[bool]]) -> None:
    """Add what is sold."""

    @app.post("/orders", status_code=201)
    async def buy(wish: OrderIn, session: Db) -> dict[str, int]:
        async def paid() -> bool:
            return await pay(wish.guest_id, wish.total_cents)

        if not (await paid() or await paid()):
            raise HTTPException(402, "not paid")
        order = Order(**wish.model_dump())
        async with session.begin():
            session.add(order)
        return {"id": order.id}
