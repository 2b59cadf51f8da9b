# After a sale pool.checkedout() is 1
# breaks: returned

from sqlalchemy import select

from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def form(session, show_id, guest_id, seat_ids):
    show = session.get_one(Show, show_id)
    total = sum(session.scalars(select(Seat.price_cents).where(Seat.id.in_(seat_ids))))
    order = Order(show=show, guest_id=guest_id, total_cents=total)
    order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
    session.add(order)
    session.flush()
    session.add(LedgerEntry(order_id=order.id, amount_cents=total))
    show.sold += len(seat_ids)
    return order


def sell(Session, show_id, guest_id, seat_ids):
    session = Session()
    order = form(session, show_id, guest_id, seat_ids)
    session.commit()
    return order.id
