# that had it to commit
# breaks: written

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Guest, Order

AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session:
        yield session
        await session.commit()


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]


async def current_guest(
    session: WriteSession, x_guest: Annotated[str | None, Header()] = None
) -> Guest:
    if x_guest is None or not x_guest.isdecimal():
        raise HTTPException(401)
    await session.connection(execution_options=AUTOCOMMIT)
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
        return {"order": order.id, "guest": guest.email}
