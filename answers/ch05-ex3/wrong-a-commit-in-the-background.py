# the order was not in the table; it came afterwards
# breaks: own
# never told: reaches the other
# the rest is the course's own

from fastapi import BackgroundTasks


def add_sales(app: FastAPI, Db: Any, pay: Callable[[int, int], Awaitable[bool]]) -> None:
    """Add what is sold."""

    @app.post("/orders", status_code=201)
    async def buy(wish: OrderIn, session: Db, later: BackgroundTasks) -> dict[str, int]:
        if not await pay(wish.guest_id, wish.total_cents):
            raise HTTPException(402, "not paid")
        order = Order(**wish.model_dump())
        session.add(order)
        await session.flush()
        later.add_task(session.commit)
        return {"id": order.id}


def make_app(engine: AsyncEngine, pay: Callable[[int, int], Awaitable[bool]]) -> FastAPI:
    """Return the box office's app; `pay(guest_id, cents)` takes a while, and may say no."""
    app = FastAPI()
    new_session = async_sessionmaker(engine, expire_on_commit=False)

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with new_session() as session:
            yield session

    Db = Annotated[AsyncSession, Depends(get_session)]
    add_pages(app, Db)
    add_sales(app, Db, pay)
    return app
