# compares behind its first write, where nobody comes between on SQLite

from sqlalchemy import select, update

from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def sell(NewSession, show_id, guest_id, seat_ids):
    with NewSession.begin() as session:
        prices = session.scalars(
            select(Seat.price_cents).where(Seat.id.in_(seat_ids), Seat.show_id == show_id)
        ).all()
        if not seat_ids or len(prices) != len(seat_ids):
            raise ValueError("Name seats of this show, and each one once.")
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=sum(prices))
        order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
        session.add(order)
        session.flush()
        session.add(LedgerEntry(order_id=order.id, amount_cents=sum(prices)))
        sold = session.scalar(select(Show.sold).where(Show.id == show_id))
        session.execute(
            update(Show)
            .where(Show.id == show_id, Show.sold == sold)
            .values(sold=sold + len(seat_ids))
        )
        return order.id
