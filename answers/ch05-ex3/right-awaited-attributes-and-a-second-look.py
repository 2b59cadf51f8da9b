# the orders are awaited, the row is read with populate_existing, the cancellation goes on
# the rest is the course's own

import asyncio

from sqlalchemy import select


def as_stored(moment: datetime) -> datetime:
    """Return a moment in the form in which this database keeps it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


async def add_seats(session: AsyncSession, show_id: int, more: int) -> Show:
    """Add to a show's capacity, and return the show with the capacity it has now.

    Of two who add at once, both count.
    """
    show = await session.get_one(Show, show_id)
    enlarge = text("UPDATE shows SET capacity = capacity + :more WHERE id = :id")
    await session.execute(enlarge, {"more": more, "id": show_id})
    statement = select(Show).where(Show.id == show_id)
    show = await session.scalar(statement, execution_options={"populate_existing": True})
    await session.commit()
    return show


async def store_counts(session: AsyncSession, counts: Sequence[dict[str, Any]]) -> int:
    """Store one DoorCount for each of these, and return how many; an evening may have none."""
    if not counts:
        return 0
    await session.execute(insert(DoorCount), counts)
    await session.commit()
    return len(counts)


async def remind(emails: Sequence[str], send: Callable[[str], Awaitable[None]]) -> list[str]:
    """Send to each address, one after the other; return those to which it failed.

    One bad address does not stop the others. Whoever cancels this stops it at once.
    """
    failed = []
    for email in emails:
        try:
            await send(email)
        except asyncio.CancelledError:
            raise
        except BaseException:
            failed.append(email)
    return failed


def add_pages(app: FastAPI, Db: Any) -> None:
    """Add what can be asked; `Db` is the annotation that gives an endpoint its session."""

    @app.get("/health")
    async def health(session: Db) -> str:
        await session.execute(text("SELECT 1"))
        return "open"

    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int, session: Db) -> Show:
        show = await session.get(Show, show_id)
        if show is None:
            raise HTTPException(404, "no such show")
        await show.awaitable_attrs.orders
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
