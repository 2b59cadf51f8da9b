# was answered with 0 orders
# breaks: shown
# never told: greenlet_spawn
# the rest is the course's own

from sqlalchemy.orm import noload


def add_pages(app: FastAPI, Db: Any) -> None:
    """Add what can be asked; `Db` is the annotation that gives an endpoint its session."""

    @app.get("/health")
    async def health(session: Db) -> str:
        await session.execute(text("SELECT 1"))
        return "open"

    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int, session: Db) -> Show:
        show = await session.get(Show, show_id, options=[noload(Show.orders)])
        if show is None:
            raise HTTPException(404, "no such show")
        return show
