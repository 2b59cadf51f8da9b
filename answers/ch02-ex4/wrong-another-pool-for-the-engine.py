# connections were open to the crowd at once
# breaks: printers

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import QueuePool

from lantern.theatre import Show


class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int


def make_app(engine):
    engine.pool = QueuePool(engine.pool._creator, pool_size=60)
    app = FastAPI()
    Session = sessionmaker(engine)

    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        with Session() as session:
            return session.get_one(Show, show_id)

    return app
