# asyncio.to_thread, and an asyncio.Semaphore in front of it

import asyncio

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import sessionmaker

from lantern.theatre import Show


class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int


def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)
    five = asyncio.Semaphore(5)

    def find(show_id):
        with Session() as session:
            show = session.get_one(Show, show_id)
            return ShowOut(id=show.id, title=show.title, capacity=show.capacity)

    @app.get("/shows/{show_id}")
    async def read_show(show_id: int) -> ShowOut:
        async with five:
            return await asyncio.to_thread(find, show_id)

    return app
