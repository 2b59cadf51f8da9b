# The next one was never answered
# breaks: served, printers, contract, free, returned

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

from fastapi.concurrency import run_in_threadpool


def make_app(engine: Engine) -> FastAPI:
    """Return an app that serves sixty requests at once on the five connections of engine."""
    app = FastAPI()
    NewSession = sessionmaker(engine)

    five = asyncio.Semaphore(5)

    def find(show_id):
        with NewSession() as session:
            return session.get(Show, show_id)

    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int) -> Show:
        await five.acquire()
        show = await run_in_threadpool(find, show_id)
        five.release()
        if show is None:
            raise HTTPException(404)
        return show

    return app
