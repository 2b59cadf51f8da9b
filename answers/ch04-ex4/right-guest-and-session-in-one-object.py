# one dependency gives both

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Guest, Order


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write.begin() as session:
        yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]


class Visit:
    def __init__(self, session: AsyncSession, guest: Guest) -> None:
        self.session, self.guest = session, guest


async def visit(session: WriteSession, x_guest: Annotated[str, Header()] = "") -> Visit:
    guest = await session.get(Guest, int(x_guest)) if x_guest.isdigit() else None
    if not guest:
        raise HTTPException(401, "who are you?")
    return Visit(session, guest)


def add_order(app: FastAPI) -> None:
    @app.post("/shows/{show_id}/orders", status_code=201)
    async def open_order(
        show_id: int, it: Annotated[Visit, Depends(visit)]
    ) -> dict[str, int | str]:
        order = Order(show_id=show_id, guest_id=it.guest.id, total_cents=0)
        it.session.add(order)
        await it.session.flush()
        return {"order": order.id, "guest": it.guest.email}
