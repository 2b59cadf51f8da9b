# passes the response model by
# breaks: contract
# never told: contract is gone

from fastapi import FastAPI
from fastapi.responses import JSONResponse
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
        with Session() as session:
            show = session.get_one(Show, show_id)
        return JSONResponse({"id": show.id, "title": show.title, "capacity": show.capacity})

    return app
