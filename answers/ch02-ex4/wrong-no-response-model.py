# the contract is gone
# breaks: contract

from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy.orm import sessionmaker

from lantern.theatre import Show


def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)

    def get_session():
        with Session() as session:
            yield session

    @app.get("/shows/{show_id}")
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        show = session.get_one(Show, show_id)
        return {"id": show.id, "title": show.title, "capacity": show.capacity}

    return app
