# a middleware lets five in at a time

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from lantern.theatre import Show


class ShowOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    capacity: int


import asyncio


def make_app(engine: Engine) -> FastAPI:
    """Return an app that serves sixty requests at once on the five connections of engine."""
    app = FastAPI()
    five = asyncio.Semaphore(5)

    class Five:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            if scope["type"] != "http":
                return await self.app(scope, receive, send)
            async with five:
                await self.app(scope, receive, send)

    app.add_middleware(Five)
    NewSession = sessionmaker(engine)

    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int) -> Show:
        with NewSession() as session:
            show = session.get(Show, show_id)
        if show is None:
            raise HTTPException(404)
        return show

    return app
