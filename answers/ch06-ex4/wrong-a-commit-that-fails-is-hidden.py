# When the COMMIT was refused by the database, the guest was told 201
# breaks: after
# the rest is the course's own

from typing import Any

from sqlalchemy.exc import OperationalError


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.session() as session:
        yield session
        try:
            await session.commit()
        except OperationalError:
            await session.rollback()


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]


def add_orders(app: FastAPI) -> None:
    @app.post("/shows/{show_id}/orders", status_code=201)
    async def place_order(
        show_id: int,
        wish: OrderIn,
        session: WriteSession,
        x_guest: Annotated[int, Header()],
        idempotency_key: Annotated[str, Header()],
    ) -> Any:
        asked = f"{wish.tickets} for show {show_id}"
        new = Receipt(guest_id=x_guest, key=idempotency_key, asked=asked)
        receipt = await first_or_found(session, new)
        if receipt.asked != asked:
            raise HTTPException(422)
        if receipt is new:
            new.order_id = (await sell(session, show_id, x_guest, wish.tickets)).id
        return {"order": receipt.order_id}
