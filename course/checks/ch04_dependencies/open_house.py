"""What the exercises with an app look through: its factories, its wire, and what is left open."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.patience import SOON, until_done, until_idle
from course.checks.sessions import close_all, kept_factories, uncollected
from lantern.pool import connections_in_use
from lantern.theatre import make_engine
from lantern.wire import App, Message, Receive, Send

FOR_EVER = 600.0  # seconds; a wait for a connection does not end by the clock


@dataclass
class House:
    """An app whose state has two factories, and the engine behind them."""

    app: FastAPI
    engine: AsyncEngine

    async def close_all(self) -> int:
        """Close what an answer left open; return how many connections were out."""
        await until_idle(SOON)
        out = connections_in_use(self.engine)
        await close_all(self.app.state.read)
        await close_all(self.app.state.write)
        return out


@contextlib.asynccontextmanager
async def open_house(connections: int) -> AsyncIterator[House]:
    """Give an app on a new database and a pool of so many connections; leave nothing behind."""
    engine = make_engine(pool_size=connections, max_overflow=0, pool_timeout=FOR_EVER)
    app = FastAPI()
    app.state.read, app.state.write = kept_factories(engine)
    house = House(app, engine)
    async with uncollected():
        try:
            yield house
        finally:
            await end_tasks_of_main()
            await house.close_all()
            await engine.dispose()


async def end_tasks_of_main() -> None:
    """End the tasks that an answer left behind: cells run as __main__."""
    left = []
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        frame = getattr(task.get_coro(), "cr_frame", None)
        if frame is not None and frame.f_globals.get("__name__") == "__main__":
            left.append(task)
            task.cancel()
    await until_done(left)


def heard(
    app: App, sent: Callable[[Message], Awaitable[None]], hears_of_hang_ups: bool = True
) -> App:
    """Wrap an app: each message goes out, and then sending waits until `sent` returns."""

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        async def send_and_wait(message: Message) -> None:
            await send(message)
            await sent(message)

        async def receive_requests() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                await asyncio.Event().wait()
            return message

        await app(scope, receive if hears_of_hang_ups else receive_requests, send_and_wait)

    return wrapped
