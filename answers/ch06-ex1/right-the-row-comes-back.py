# RETURNING tells what there is now, and an error on the way takes it back

from sqlalchemy import update

from lantern.theatre import Order, Show, Ticket


class SoldOut(Exception):
    pass


async def buy(Session, show_id, guest_id):
    try:
        async with Session.begin() as session:
            raised = update(Show).where(Show.id == show_id).values(sold=Show.sold + 1)
            row = (await session.execute(raised.returning(Show.sold, Show.capacity))).one()
            if row.sold > row.capacity:
                raise SoldOut
            order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
            session.add(order)
            return order
    except SoldOut:
        return None
