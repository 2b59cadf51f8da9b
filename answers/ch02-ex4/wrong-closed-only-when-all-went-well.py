# close the session in a `with` block, or in `finally`
# breaks: returned
# never told: One request was answered

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
        session = Session()
        show = session.get_one(Show, show_id)
        answer = ShowOut(id=show.id, title=show.title, capacity=show.capacity)
        session.close()
        return answer

    return app
