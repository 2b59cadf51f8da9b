# closed by hand, expunged, and a commit before

from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    session = Session()
    try:
        show = await session.get(
            Show, show_id, options=[selectinload(Show.orders).selectinload(Order.tickets)]
        )
        await session.commit()
        session.expunge_all()
        return show
    finally:
        await session.close()
