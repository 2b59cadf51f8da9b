# card was being asked, the request held a connection of the pool
# breaks: own
# never told: was still out
# the rest is the course's own


def add_sales(app: FastAPI, Db: Any, pay: Callable[[int, int], Awaitable[bool]]) -> None:
    """Add what is sold."""

    @app.post("/orders", status_code=201)
    async def buy(wish: OrderIn, session: Db) -> dict[str, int]:
        show = await session.get(Show, wish.show_id)
        if show is None:
            raise HTTPException(404, "no such show")
        if not await pay(wish.guest_id, wish.total_cents):
            raise HTTPException(402, "not paid")
        order = Order(**wish.model_dump())
        session.add(order)
        await session.commit()
        return {"id": order.id}
