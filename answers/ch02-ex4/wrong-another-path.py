# The path is /shows/{show_id}
# breaks: served, printers, contract, free, returned

from fastapi import FastAPI
from pydantic import BaseModel


class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int


def make_app(engine):
    app = FastAPI()

    @app.get("/show", response_model=ShowOut)
    def read_show():
        return None

    return app
