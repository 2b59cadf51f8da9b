# SQLite's write lock is taken before anything is read, so Python may add
# on PostgreSQL: syntax error at or near "IMMEDIATE"
# the rest is the course's own


async def add_seats(session: AsyncSession, show_id: int, more: int) -> Show:
    """Add to a show's capacity, and return the show with the capacity it has now.

    Of two who add at once, both count.
    """
    await session.execute(text("BEGIN IMMEDIATE"))
    show = await session.get_one(Show, show_id)
    show.capacity += more
    await session.commit()
    return show


def add_sales(app: FastAPI, Db: Any, pay: Callable[[int, int], Awaitable[bool]]) -> None:
    """Add what is sold."""

    @app.post("/orders", status_code=201)
    async def buy(wish: OrderIn, session: Db) -> dict[str, int]:
        order = Order(**wish.model_dump())
        session.add(order)
        if not await pay(wish.guest_id, wish.total_cents):
            await session.rollback()
            raise HTTPException(402, "not paid")
        await session.commit()
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
