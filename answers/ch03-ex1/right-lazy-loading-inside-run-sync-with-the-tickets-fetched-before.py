# lazy loading inside run_sync, with the tickets fetched beforehand

from sqlalchemy.orm import joinedload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    async with Session() as session:

        def load(sync_session):
            options = [joinedload(Show.orders).selectinload(Order.tickets)]
            return sync_session.get(Show, show_id, options=options)

        return await session.run_sync(load)
