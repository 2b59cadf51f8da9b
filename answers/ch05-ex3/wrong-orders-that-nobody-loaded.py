# greenlet_spawn has not been called
# breaks: shown
# the rest is the course's own


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
        return show
