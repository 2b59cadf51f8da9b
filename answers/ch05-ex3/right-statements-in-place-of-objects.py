# no object is loaded to be deleted, and lists are inserted at once
# the rest is the course's own


async def cancel_order(session: AsyncSession, order_id: int) -> bool:
    """Delete the order, and commit; return whether there was one."""
    gone = await session.execute(delete(Order).where(Order.id == order_id))
    await session.commit()
    return gone.rowcount == 1


async def import_guests(session: AsyncSession, emails: Sequence[str]) -> int:
    """Store a guest for each address, all or none, and return how many; errors come out."""
    async with session.begin():
        if emails:
            await session.execute(insert(Guest), [{"email": email} for email in emails])
    return len(emails)


async def add_seats(session: AsyncSession, show_id: int, more: int) -> Show:
    """Add to a show's capacity, and return the show with the capacity it has now.

    Of two who add at once, both count.
    """
    enlarge = update(Show).where(Show.id == show_id).values(capacity=Show.capacity + more)
    show = await session.scalar(enlarge.returning(Show))
    await session.commit()
    return show


async def store_counts(session: AsyncSession, counts: Sequence[dict[str, Any]]) -> int:
    """Store one DoorCount for each of these, and return how many; an evening may have none."""
    session.add_all(DoorCount(**count) for count in counts)
    await session.commit()
    return len(counts)


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
