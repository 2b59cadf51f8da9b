# Core, on a connection of the engine

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import select

from lantern.theatre import Show


class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int


def make_app(engine):
    app = FastAPI()
    table = Show.__table__

    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        with engine.connect() as connection:
            row = connection.execute(select(table).where(table.c.id == show_id)).first()
        if row is None:
            raise HTTPException(404)
        return dict(row._mapping)

    return app
