# refresh for the orders, and a second query that fills their tickets

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id, options=[joinedload(Show.orders)])
        if show is None:
            return None
        statement = select(Order).where(Order.show_id == show_id)
        fill = statement.options(selectinload(Order.tickets)).execution_options(
            populate_existing=True
        )
        (await session.scalars(fill)).all()
        return show
