# was not served
# breaks: own
# never told: was still out
# the rest is the course's own

import asyncio


def make_app(engine: AsyncEngine, pay: Callable[[int, int], Awaitable[bool]]) -> FastAPI:
    """Return the box office's app; `pay(guest_id, cents)` takes a while, and may say no."""
    app = FastAPI()
    new_session = async_sessionmaker(engine, expire_on_commit=False)
    session, one_at_a_time = new_session(), asyncio.Lock()

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with one_at_a_time, session:
            yield session

    Db = Annotated[AsyncSession, Depends(get_session)]
    add_pages(app, Db)
    add_sales(app, Db, pay)
    return app
