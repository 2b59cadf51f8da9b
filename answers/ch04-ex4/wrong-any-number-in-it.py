# A request with x-guest: guest-
# breaks: refused, early

import re
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Guest, Order


async def write_session(request: Request):
    async with request.app.state.write.begin() as session:
        yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]


async def current_guest(
    session: WriteSession, x_guest: Annotated[str | None, Header()] = None
) -> Guest:
    found = re.search(r"\d+", x_guest or "")
    guest = await session.get(Guest, int(found[0])) if found else None
    if guest is None:
        raise HTTPException(401, "who are you?")
    return guest


def add_order(app: FastAPI) -> None:
    @app.post("/shows/{show_id}/orders", status_code=201)
    async def order(
        show_id: int, guest: Annotated[Guest, Depends(current_guest)], session: WriteSession
    ):
        session.add(new := Order(show_id=show_id, guest_id=guest.id, total_cents=0))
        await session.flush()
        return {"order": new.id, "guest": guest.email}
