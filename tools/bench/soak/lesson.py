"""The lesson that is played again and again: cells as learners run and edit them."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import func, select, text
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lantern import client, draw, expect, timeline
from lantern.theatre import (
    Guest,
    Order,
    Seat,
    Show,
    Ticket,
    audit,
    make_engine,
    make_factories,
    seed,
)

engine = make_engine(pool_size=5)
await seed(engine)
Read, Write = make_factories(engine)
# %%
app = FastAPI(title="The Lantern, version ROUND")


class Board(BaseModel):
    title: str
    seats: int


async def reading():
    async with Read() as session:
        yield session


@app.get("/shows/{number}")
async def board(number: int, session: Annotated[AsyncSession, Depends(reading)]) -> Board:
    show = await session.get(Show, number)
    if show is None:
        raise HTTPException(404)
    seats = await session.scalar(select(func.count()).where(Seat.show_id == number))
    return Board(title=show.title, seats=seats)


@app.get("/plain/{number}")
def plain(number: int) -> int:
    time.sleep(0.001)
    return number


# %%
async with client(app) as http:
    paths = [f"/{kind}/{number}" for number in range(6) for kind in ("shows", "plain")]
    answers = await asyncio.gather(*(http.get(path) for path in paths))
sorted({answer.status_code for answer in answers})


# %%
async def guests(number):
    async with Read() as session:
        for _ in range(5):
            assert await session.scalar(text("SELECT :n"), {"n": number}) == number
        return len((await session.scalars(select(Guest).limit(5))).all())


async with timeline(engine) as recording:
    await asyncio.gather(*(recording.lane(f"guest {n}", guests(n)) for n in range(10)))
draw(recording.recording)
# %%
async with Write() as session:
    session.add(Order(show_id=1, guest_id=4, total_cents=2500, tickets=[Ticket(seat_id=7)]))
    await session.flush()
    await session.rollback()
await audit(engine)


# %%
def count():
    with ThreadPoolExecutor(3) as pool:
        return sum(pool.map(len, ["ROUND"] * 6))


threads = [threading.Thread(target=count) for _ in range(3)]
for thread in threads:
    thread.start()
await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.001) for _ in range(5)))
for thread in threads:
    thread.join()
await asyncio.to_thread(asyncio.run, asyncio.sleep(0.001, "ROUND"))
# %%
async with Read() as session:
    order = Order(show_id=1)
    show = await session.get(Show, 1)
    session.expire(show)
    with expect(MissingGreenlet):
        show.title
with expect(TimeoutError):
    async with asyncio.timeout(0.001), Read() as session:
        await session.scalar(text("SELECT slow(0.01)"))


# %%
def deep(number):
    return deep(number - 1) if number else {}["nothing here in round ROUND"]


try:
    deep(5)
except KeyError as error:
    raise ValueError("a learner's mistake") from error


# %%
class Papers(AsyncAttrs, DeclarativeBase):
    pass


class Note(Papers):
    __tablename__ = "note_ROUND"
    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(default="ROUND")


shelf = make_engine()
async with shelf.begin() as connection:
    await connection.run_sync(Papers.metadata.create_all)
async with AsyncSession(shelf) as session:
    session.add(Note())
    await session.commit()
    assert (await session.scalars(select(Note))).one().words == "ROUND"
await shelf.dispose()
