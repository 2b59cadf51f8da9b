# is due
# breaks: served
# the rest is the course's own


def capped_app(engine: AsyncEngine) -> FastAPI:
    Db = Annotated[AsyncSession, Depends(read_session, scope="function", max_concurrency=5)]
    app = FastAPI()
    app.state.read = async_sessionmaker(engine)

    @app.get("/shows/{show_id}")
    async def title(show_id: int, db: Db) -> str:
        found = await db.scalar(select(Show.title).where(Show.id == show_id))
        return found.encode("ascii", "ignore").decode()

    @app.get("/guests/{guest_id}")
    async def email(guest_id: int, db: Db) -> str | None:
        return await db.scalar(select(Guest.email).where(Guest.id == guest_id))

    return app
