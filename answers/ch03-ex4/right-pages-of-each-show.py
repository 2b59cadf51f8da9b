# a page of each show may be short, in the middle as at the end

from sqlalchemy import select

from lantern.theatre import Order, Show

KEYS = ("id", "show_id", "guest_id", "total_cents")


async def export(Session):
    async with Session() as session:
        for show_id in (await session.scalars(select(Show.id))).all():
            after = -1
            while True:
                of_show = select(Order).where(Order.show_id == show_id, Order.id > after)
                page = (await session.scalars(of_show.order_by(Order.id).limit(500))).all()
                for order in page:
                    yield {key: getattr(order, key) for key in KEYS}
                if len(page) < 500:
                    break
                after = page[-1].id
                session.expunge_all()
