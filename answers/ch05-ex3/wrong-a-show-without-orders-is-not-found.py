# A show without an order was answered with 404
# breaks: shown
# the rest is the course's own

from sqlalchemy import select
from sqlalchemy.orm import contains_eager


def add_pages(app: FastAPI, Db: Any) -> None:
    """Add what can be asked; `Db` is the annotation that gives an endpoint its session."""

    @app.get("/health")
    async def health(session: Db) -> str:
        await session.execute(text("SELECT 1"))
        return "open"

    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int, session: Db) -> Show:
        query = select(Show).join(Show.orders).options(contains_eager(Show.orders))
        found = await session.scalars(query.where(Show.id == show_id))
        show = found.unique().one_or_none()
        if show is None:
            raise HTTPException(404, "no such show")
        return show
