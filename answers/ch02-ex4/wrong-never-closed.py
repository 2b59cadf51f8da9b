# what took it is not closed
# breaks: returned, served

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import sessionmaker

from lantern.theatre import Show


class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int


import gc

from fastapi import BackgroundTasks


def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)

    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, afterwards: BackgroundTasks):
        afterwards.add_task(gc.collect)
        session = Session()
        return session.get_one(Show, show_id)

    return app
