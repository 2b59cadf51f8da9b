# is a second pool
# breaks: printers
# never told: event loop's own thread

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from lantern.theatre import Show


class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int


def make_app(engine):
    app = FastAPI()
    own = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"), pool_size=5)

    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int):
        async with AsyncSession(own) as session:
            return await session.get_one(Show, show_id)

    return app
