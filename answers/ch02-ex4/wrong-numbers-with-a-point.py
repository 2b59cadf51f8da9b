# numbers with a point
# breaks: contract

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from lantern.theatre import Show


class ShowOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    capacity: int


class ShowAnswer(ShowOut):
    capacity: float


def make_app(engine: Engine) -> FastAPI:
    app = FastAPI()
    NewSession = sessionmaker(engine)

    @app.get("/shows/{show_id}", response_model=ShowAnswer)
    def read_show(show_id: int):
        with NewSession() as session:
            show = session.get(Show, show_id)
        if show is None:
            raise HTTPException(404)
        return show

    return app
