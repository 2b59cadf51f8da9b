# or from what it returned
# breaks: free

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
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

    def find(session, show_id):
        show = session.get_one(Show, show_id)
        session.commit()
        return show

    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int):
        with Session() as session:
            show = await run_in_threadpool(find, session, show_id)
            return ShowOut(id=show.id, title=show.title, capacity=show.capacity)

    return app
