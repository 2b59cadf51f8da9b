# the loading was set where all queries of the app share it
# breaks: elsewhere

from sqlalchemy import inspect

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    for loaded in (inspect(Show).relationships["orders"], inspect(Order).relationships["tickets"]):
        loaded.strategy = loaded._get_strategy((("lazy", "selectin"),))
    async with Session() as session:
        return await session.get(Show, show_id)
