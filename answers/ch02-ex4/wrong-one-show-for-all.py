# query with its show_id
# breaks: contract

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from lantern.theatre import Show


class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int


def make_app(engine):
    app = FastAPI()

    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        with sessionmaker(engine)() as session:
            return session.scalars(select(Show).order_by(Show.capacity)).first()

    return app
