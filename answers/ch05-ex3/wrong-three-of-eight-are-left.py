# while
# breaks: current, own, stopped
# never told: is still in the table
# the rest is the course's own


async def add_seats(session: AsyncSession, show_id: int, more: int) -> Show:
    """Add to a show's capacity, and return the show with the capacity it has now.

    Of two who add at once, both count.
    """
    show = await session.get_one(Show, show_id)
    enlarge = text("UPDATE shows SET capacity = capacity + :more WHERE id = :id")
    await session.execute(enlarge, {"more": more, "id": show_id})
    await session.commit()
    return show


async def remind(emails: Sequence[str], send: Callable[[str], Awaitable[None]]) -> list[str]:
    """Send to each address, one after the other; return those to which it failed.

    One bad address does not stop the others. Whoever cancels this stops it at once.
    """
    failed = []
    for email in emails:
        try:
            await send(email)
        except BaseException:
            failed.append(email)
    return failed


def make_app(engine: AsyncEngine, pay: Callable[[int, int], Awaitable[bool]]) -> FastAPI:
    """Return the box office's app; `pay(guest_id, cents)` takes a while, and may say no."""
    app = FastAPI()
    new_session = async_sessionmaker(engine, expire_on_commit=False)
    session = new_session()

    async def get_session() -> AsyncSession:
        return session

    Db = Annotated[AsyncSession, Depends(get_session)]
    add_pages(app, Db)
    add_sales(app, Db, pay)
    return app
