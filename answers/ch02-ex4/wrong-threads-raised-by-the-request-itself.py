# More threads move the cliff
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


from anyio.to_thread import current_default_thread_limiter


async def raise_threads():
    current_default_thread_limiter().total_tokens = 1000


def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)

    def get_session():
        with Session() as session:
            yield session

    raised = [Depends(raise_threads)]

    @app.get("/shows/{show_id}", response_model=ShowOut, dependencies=raised)
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        return session.get_one(Show, show_id)

    return app
