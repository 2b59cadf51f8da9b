# nobody else could see its order
# breaks: after
# the rest is the course's own

from typing import Any

from fastapi import BackgroundTasks


def add_orders(app: FastAPI) -> None:
    @app.post("/shows/{show_id}/orders", status_code=201)
    async def place_order(
        show_id: int,
        wish: OrderIn,
        request: Request,
        tasks: BackgroundTasks,
        x_guest: Annotated[int, Header()],
        idempotency_key: Annotated[str, Header()],
    ) -> Any:
        asked = f"{wish.tickets} for show {show_id}"
        session = request.app.state.session()
        try:
            new = Receipt(guest_id=x_guest, key=idempotency_key, asked=asked)
            receipt = await first_or_found(session, new)
            if receipt.asked != asked:
                raise HTTPException(422)
            if receipt is new:
                new.order_id = (await sell(session, show_id, x_guest, wish.tickets)).id
        except BaseException:
            await session.close()
            raise

        async def finish() -> None:
            async with session:
                await session.commit()

        tasks.add_task(finish)
        return {"order": receipt.order_id}
