# a session for each thread, which the endpoint removes

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import scoped_session, sessionmaker

from lantern.theatre import Show


class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int


def make_app(engine):
    app = FastAPI()
    Session = scoped_session(sessionmaker(engine))

    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        try:
            return Session.get_one(Show, show_id)
        finally:
            Session.remove()

    return app
