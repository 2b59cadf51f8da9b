# a router, a header of a dependency of its own, a commit in the endpoint

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Guest, Order


async def open_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session:
        try:
            yield session
        except BaseException:
            await session.rollback()
            raise


Db = Annotated[AsyncSession, Depends(open_session)]


def number_of_guest(request: Request) -> int:
    name = request.headers.get("x-guest", "")
    if not name.isascii() or not name.isdigit():
        raise HTTPException(401)
    return int(name)


async def current_guest(number: Annotated[int, Depends(number_of_guest)], db: Db) -> Guest:
    guest = await db.scalar(select(Guest).where(Guest.id == number))
    if guest is None:
        raise HTTPException(401)
    return guest


def add_order(app: FastAPI) -> None:
    router = APIRouter(prefix="/shows")

    @router.post("/{show_id}/orders", status_code=201)
    async def open_order(
        show_id: int, db: Db, guest: Annotated[Guest, Depends(current_guest)]
    ) -> dict[str, int | str]:
        order = Order(show_id=show_id, guest_id=guest.id, total_cents=0)
        db.add(order)
        await db.commit()
        return {"order": order.id, "guest": guest.email}

    app.include_router(router)
