# A plain select(Order) elsewhere now sends 2 statements
# breaks: elsewhere

from sqlalchemy import inspect
from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    tickets = inspect(Order).relationships["tickets"]
    tickets.strategy = tickets._get_strategy((("lazy", "selectin"),))
    async with Session() as session:
        return await session.get(Show, show_id, options=[selectinload(Show.orders)])
