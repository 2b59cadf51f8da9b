# or for a thread in which its answer is validated
# breaks: served

from typing import Annotated

from fastapi import Depends, FastAPI
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

    def get_session():
        with Session() as session:
            yield session

    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        return session.get_one(Show, show_id)

    return app
