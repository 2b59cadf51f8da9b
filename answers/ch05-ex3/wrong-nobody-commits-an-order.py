# told 201, and nothing is in the table
# breaks: own
# never told: reaches the other
# the rest is the course's own


def add_sales(app: FastAPI, Db: Any, pay: Callable[[int, int], Awaitable[bool]]) -> None:
    """Add what is sold."""

    @app.post("/orders", status_code=201)
    async def buy(wish: OrderIn, session: Db) -> dict[str, int]:
        order = Order(**wish.model_dump())
        if not await pay(wish.guest_id, wish.total_cents):
            raise HTTPException(402, "not paid")
        session.add(order)
        await session.flush()

        return {"id": order.id}
