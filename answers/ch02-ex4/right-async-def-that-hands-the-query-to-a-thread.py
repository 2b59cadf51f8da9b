# async def that hands the query to a thread

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import sessionmaker

from lantern.theatre import Show


class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int


from fastapi.concurrency import run_in_threadpool


def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)

    def find(show_id):
        with Session() as session:
            return session.get_one(Show, show_id)

    @app.get("/shows/{show_id}")
    async def read_show(show_id: int) -> ShowOut:
        show = await run_in_threadpool(find, show_id)
        return ShowOut(id=show.id, title=show.title, capacity=show.capacity)

    return app
