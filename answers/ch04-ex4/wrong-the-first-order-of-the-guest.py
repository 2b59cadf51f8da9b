# is due
# breaks: written
# never told: it was not committed

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Guest, Order


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write.begin() as session:
        yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]


async def current_guest(
    session: WriteSession, x_guest: Annotated[str | None, Header()] = None
) -> Guest:
    if x_guest is None or not x_guest.isdecimal():
        raise HTTPException(401)
    guest = await session.get(Guest, int(x_guest))
    if guest is None:
        raise HTTPException(401)
    return guest


def add_order(app: FastAPI) -> None:
    @app.post("/shows/{show_id}/orders", status_code=201)
    async def open_order(
        show_id: int, guest: Annotated[Guest, Depends(current_guest)], session: WriteSession
    ) -> dict[str, int | str]:
        order = Order(show_id=show_id, guest_id=guest.id, total_cents=0)
        session.add(order)
        await session.flush()
        of_guest = select(Order.id).where(Order.guest_id == guest.id, Order.show_id == show_id)
        return {"order": await session.scalar(of_guest) or 0, "guest": guest.email}
