# a router, with try and finally

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import sessionmaker

from lantern.theatre import Show


class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int


def make_app(engine):
    router = APIRouter(prefix="/shows")

    @router.get("/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        session = sessionmaker(engine)()
        try:
            return session.get_one(Show, show_id)
        finally:
            session.close()

    app = FastAPI()
    app.include_router(router)
    return app
