# afterwards the engine had another pool
# breaks: served, printers

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import sessionmaker

from lantern.theatre import Show


class ShowOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    capacity: int


def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)

    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        with Session() as session:
            show = session.get_one(Show, show_id)
        engine.dispose()
        return show

    return app
