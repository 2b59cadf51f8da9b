# what was never read, or what a commit or a rollback has expired
# breaks: served, printers, contract, free, returned

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
    def read_show(show_id: int):
        with Session.begin() as session:
            return session.get_one(Show, show_id)

    return app
