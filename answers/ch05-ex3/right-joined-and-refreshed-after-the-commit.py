# a joined load, an app with a transaction for each request, a refresh at the end
# the rest is the course's own

from sqlalchemy.orm import joinedload


async def release_expired(session: AsyncSession, now: datetime) -> None:
    """Delete the holds that are over by now; `now` is aware, of any time zone."""
    over = Hold.expires_at <= as_stored(now)
    await session.execute(delete(Hold).where(over))
    await session.commit()


async def add_seats(session: AsyncSession, show_id: int, more: int) -> Show:
    """Add to a show's capacity, and return the show with the capacity it has now.

    Of two who add at once, both count.
    """
    show = await session.get_one(Show, show_id)
    show_id = show.id
    await session.execute(
        text("UPDATE shows SET capacity = capacity + :more WHERE id = :id"),
        {"more": more, "id": show_id},
    )
    await session.commit()
    await session.refresh(show)
    return show


def add_pages(app: FastAPI, Db: Any) -> None:
    """Add what can be asked; `Db` is the annotation that gives an endpoint its session."""

    @app.get("/health")
    async def health(session: Db) -> str:
        await session.execute(text("SELECT 1"))
        return "open"

    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int, session: Db) -> Show:
        show = await session.get(Show, show_id, options=[joinedload(Show.orders)])
        if show is None:
            raise HTTPException(404, "no such show")
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
        session = new_session()
        try:
            yield session
        finally:
            await session.close()

    Db = Annotated[AsyncSession, Depends(get_session)]
    add_pages(app, Db)
    add_sales(app, Db, pay)
    return app
