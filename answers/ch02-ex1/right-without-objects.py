# without objects

from sqlalchemy import func, insert, select, update

from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        total = session.scalar(select(func.sum(Seat.price_cents)).where(Seat.id.in_(seat_ids)))
        order_id = session.scalar(
            insert(Order)
            .values(show_id=show_id, guest_id=guest_id, total_cents=total)
            .returning(Order.id)
        )
        session.execute(
            insert(Ticket), [{"order_id": order_id, "seat_id": seat_id} for seat_id in seat_ids]
        )
        session.execute(insert(LedgerEntry).values(order_id=order_id, amount_cents=total))
        session.execute(
            update(Show).where(Show.id == show_id).values(sold=Show.sold + len(seat_ids))
        )
        return order_id
