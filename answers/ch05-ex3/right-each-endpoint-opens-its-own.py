# the annotation gives a factory, and endpoints open a session
# the rest is the course's own


async def add_seats(session: AsyncSession, show_id: int, more: int) -> Show:
    """Add to a show's capacity, and return the show with the capacity it has now.

    Of two who add at once, both count.
    """
    show = await session.get_one(Show, show_id)
    enlarge = update(Show).where(Show.id == show_id).values(capacity=Show.capacity + more)
    await session.execute(enlarge)
    await session.refresh(show)
    await session.commit()
    return show


def add_pages(app: FastAPI, Db: Any) -> None:
    """Add what can be asked; `Db` is the annotation that gives an endpoint its session."""

    @app.get("/health")
    async def health(new_session: Db) -> str:
        async with new_session() as session:
            await session.execute(text("SELECT 1"))
        return "open"

    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int, new_session: Db) -> Show:
        async with new_session() as session:
            show = await session.get(Show, show_id, options=[selectinload(Show.orders)])
        if show is None:
            raise HTTPException(404, "no such show")
        return show


def add_sales(app: FastAPI, Db: Any, pay: Callable[[int, int], Awaitable[bool]]) -> None:
    """Add what is sold."""

    @app.post("/orders", status_code=201)
    async def buy(wish: OrderIn, new_session: Db) -> dict[str, int]:
        if not await pay(wish.guest_id, wish.total_cents):
            raise HTTPException(402, "not paid")
        async with new_session.begin() as session:
            order = Order(**wish.model_dump())
            session.add(order)
        return {"id": order.id}


def make_app(engine: AsyncEngine, pay: Callable[[int, int], Awaitable[bool]]) -> FastAPI:
    """Return the box office's app; `pay(guest_id, cents)` takes a while, and may say no."""
    app = FastAPI()
    new_session = async_sessionmaker(engine, expire_on_commit=False)

    def get_session() -> Any:
        return new_session

    Db = Annotated[Any, Depends(get_session)]
    add_pages(app, Db)
    add_sales(app, Db, pay)
    return app
