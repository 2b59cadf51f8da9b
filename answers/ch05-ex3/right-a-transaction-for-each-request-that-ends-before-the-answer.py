# a dependency of function scope commits, and the endpoint flushes for the id

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, insert, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, selectinload

from lantern.theatre import Guest, Hold, Order, Show

HOLD_FOR = timedelta(minutes=5)


class LegacyBase(DeclarativeBase):
    """Tables that only this module uses."""


class DoorCount(LegacyBase):
    """How many guests came through a door; without a word, nobody at the main door."""

    __tablename__ = "door_counts"
    id: Mapped[int] = mapped_column(primary_key=True)
    door: Mapped[str] = mapped_column(default="main")
    guests: Mapped[int] = mapped_column(default=0)


class OrderIn(BaseModel):
    show_id: int
    guest_id: int
    total_cents: int


class OrderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    total_cents: int


class ShowOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str
    orders: list[OrderOut]


async def cancel_order(session: AsyncSession, order_id: int) -> bool:
    """Delete the order, and commit; return whether there was one."""
    order = await session.get(Order, order_id)
    if order is None:
        return False
    await session.delete(order)
    await session.commit()
    return True


async def import_guests(session: AsyncSession, emails: Sequence[str]) -> int:
    """Store a guest for each address, all or none, and return how many; errors come out."""
    for email in emails:
        session.add(Guest(email=email))
    await session.commit()
    return len(emails)


def as_stored(moment: datetime) -> datetime:
    """Return a moment in the form in which this database keeps it."""
    return moment.astimezone(UTC)


async def hold_seat(session: AsyncSession, seat_id: int, guest_id: int, now: datetime) -> None:
    """Hold a seat for five minutes from now on; `now` is aware, of any time zone."""
    expires_at = as_stored(now + HOLD_FOR)
    session.add(Hold(seat_id=seat_id, guest_id=guest_id, expires_at=expires_at))
    await session.commit()


async def release_expired(session: AsyncSession, now: datetime) -> None:
    """Delete the holds that are over by now; `now` is aware, of any time zone."""
    await session.execute(delete(Hold).where(Hold.expires_at <= as_stored(now)))
    await session.commit()


async def add_seats(session: AsyncSession, show_id: int, more: int) -> Show:
    """Add to a show's capacity, and return the show with the capacity it has now.

    Of two who add at once, both count.
    """
    enlarge = update(Show).where(Show.id == show_id).values(capacity=Show.capacity + more)
    await session.execute(enlarge)
    show = await session.get_one(Show, show_id, populate_existing=True)
    await session.commit()
    return show


async def store_counts(session: AsyncSession, counts: Sequence[dict[str, Any]]) -> int:
    """Store one DoorCount for each of these, and return how many; an evening may have none."""
    if counts:
        await session.execute(insert(DoorCount), counts)
    await session.commit()
    return len(counts)


async def remind(emails: Sequence[str], send: Callable[[str], Awaitable[None]]) -> list[str]:
    """Send to each address, one after the other; return those to which it failed.

    One bad address does not stop the others. Whoever cancels this stops it at once.
    """
    failed = []
    for email in emails:
        try:
            await send(email)
        except Exception:
            failed.append(email)
    return failed


def add_pages(app: FastAPI, Db: Any) -> None:
    """Add what can be asked; `Db` is the annotation that gives an endpoint its session."""

    @app.get("/health")
    async def health(session: Db) -> str:
        await session.execute(text("SELECT 1"))
        return "open"

    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int, session: Db) -> Show:
        show = await session.get(Show, show_id, options=[selectinload(Show.orders)])
        if show is None:
            raise HTTPException(404, "no such show")
        return show


def add_sales(app: FastAPI, Db: Any, pay: Callable[[int, int], Awaitable[bool]]) -> None:
    """Add what is sold."""

    @app.post("/orders", status_code=201)
    async def buy(wish: OrderIn, session: Db) -> dict[str, int]:
        if not await pay(wish.guest_id, wish.total_cents):
            raise HTTPException(402, "not paid")
        order = Order(**wish.model_dump())
        session.add(order)
        await session.flush()
        return {"id": order.id}


def make_app(engine: AsyncEngine, pay: Callable[[int, int], Awaitable[bool]]) -> FastAPI:
    """Return the box office's app; `pay(guest_id, cents)` takes a while, and may say no."""
    app = FastAPI()
    new_session = async_sessionmaker(engine, expire_on_commit=False)

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with new_session.begin() as session:
            yield session

    Db = Annotated[AsyncSession, Depends(get_session, scope="function")]
    add_pages(app, Db)
    add_sales(app, Db, pay)
    return app
