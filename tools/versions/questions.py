"""The questions, asked in one environment: prints the answers as JSON.

It runs on versions of years ago, so it uses what all of them have.
"""

import asyncio
import inspect
import json
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import version
from typing import Any

from lantern import Wire, asgi_call, first_line
from lantern.errors import without_background
from lantern.theatre import Order, Show, make_engine, seed

Answers = dict[str, Any]


async def ask_fastapi() -> Answers:
    """Tell in which order a request of the default scope ends, and which options there are."""
    from fastapi import Depends

    known = inspect.signature(Depends).parameters
    stored, _ = await _request("/order")
    streamed, _ = await _request("/stream")
    _, told = await _request("/failed")
    return {
        "version": version("fastapi"),
        "order": stored,
        "stream": streamed,
        "failed commit": told,
        "scope": "scope" in known,
        "max_concurrency": "max_concurrency" in known,
    }


async def _request(path: str) -> tuple[list[str], int | None]:
    from fastapi import BackgroundTasks, Depends, FastAPI
    from fastapi.responses import StreamingResponse

    log: list[str] = []
    app = FastAPI()

    async def writing() -> AsyncIterator[None]:
        yield
        log.append("commit")

    async def failing() -> AsyncIterator[None]:
        yield
        raise RuntimeError("the commit failed")

    @app.get("/order", dependencies=[Depends(writing)])
    async def order(background: BackgroundTasks) -> None:
        log.append("endpoint")
        background.add_task(log.append, "background task")

    @app.get("/stream", dependencies=[Depends(writing)])
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            log.append("a part")
            yield "part"

        log.append("endpoint")
        return StreamingResponse(parts())

    @app.get("/failed", dependencies=[Depends(failing)])
    async def failed() -> None:
        log.append("endpoint")

    answer = await asgi_call(Wire(app, log), "GET", path)
    return [step.removeprefix("wire: ").split(" 200")[0] for step in log], answer.status


async def ask_sqlalchemy() -> Answers:
    """Tell what a session says to the well-known mistakes, with aiosqlite."""
    answers: Answers = {"version": version("sqlalchemy")}
    for ask in (_lazy_load, _detached, _closed, _flush_twice, _gather_cold, _gather_warm):
        # As the driver ships it: a BEGIN of the engine's own would be one more wait.
        engine = make_engine(as_shipped=True)
        await seed(engine)
        answers[ask.__name__.strip("_").replace("_", " ")] = await ask(engine)
        await engine.dispose()
    return answers


async def _told(work: Callable[[], Awaitable[Any]]) -> str:
    try:
        await work()
    except Exception as error:
        return without_background(first_line(error))
    return "no error"


async def _lazy_load(engine: Any) -> str:
    from sqlalchemy.ext.asyncio import AsyncSession

    async def read() -> None:
        async with AsyncSession(engine) as session:
            (await session.get_one(Show, 1)).orders  # noqa: B018 (the look is the mistake)

    return await _told(read)


async def _detached(engine: Any) -> str:
    from sqlalchemy.ext.asyncio import AsyncSession

    async def read() -> None:
        async with AsyncSession(engine) as session:
            show = await session.get_one(Show, 1)
        show.orders  # noqa: B018 (the look is the mistake)

    return (await _told(read)).partition(" <Show")[0]


async def _closed(engine: Any) -> str:
    from sqlalchemy.ext.asyncio import AsyncSession

    session = AsyncSession(engine, close_resets_only=False)
    await session.close()
    return await _told(lambda: session.get(Show, 1))


async def _flush_twice(engine: Any) -> str:
    from sqlalchemy.ext.asyncio import AsyncSession

    async with AsyncSession(engine) as session:
        await session.connection()

        async def write(key: str) -> None:
            session.add(Order(show_id=1, guest_id=1, key=key, total_cents=0))
            await session.flush()

        return await _told(lambda: asyncio.gather(write("a"), write("b")))


async def _gather_cold(engine: Any) -> str:
    await engine.dispose()
    return await _gather_warm(engine)


async def _gather_warm(engine: Any) -> str:
    from sqlalchemy.ext.asyncio import AsyncSession

    async with AsyncSession(engine) as session:
        tasks = [asyncio.create_task(session.get(Show, 1)) for _ in range(3)]
        told = await _told(lambda: asyncio.gather(*tasks))
        await asyncio.wait(tasks)
    return told


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asking = {"fastapi": ask_fastapi, "sqlalchemy": ask_sqlalchemy}[sys.argv[1]]
    print(json.dumps(asyncio.run(asking())))
