# the contract is gone
# breaks: contract

from fastapi import FastAPI, HTTPException
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from lantern.theatre import Show


class ShowOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    capacity: int


def make_app(engine: Engine) -> FastAPI:
    app = FastAPI()
    NewSession = sessionmaker(engine)

    @app.get("/shows/{show_id}")
    def read_show(show_id: int):
        with NewSession() as session:
            show = session.get(Show, show_id)
        if show is None or not isinstance(show.capacity, int):
            raise HTTPException(404)
        return JSONResponse({"id": show.id, "title": show.title, "capacity": show.capacity})

    def openapi():
        schema = get_openapi(title="Shows", version="1", routes=app.routes)
        answer = schema["paths"]["/shows/{show_id}"]["get"]["responses"]["200"]
        answer["content"] = {"application/json": {"schema": ShowOut.model_json_schema()}}
        return schema

    app.openapi = openapi
    return app
