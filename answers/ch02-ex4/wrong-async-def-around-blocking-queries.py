# A query ran on the event loop's own thread
# breaks: free
# never told: QueuePool

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

    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int):
        with Session() as session:
            return session.get_one(Show, show_id)

    return app
