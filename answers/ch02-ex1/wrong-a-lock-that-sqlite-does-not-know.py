# on SQLite SQLAlchemy leaves it out
# breaks: clerks
# on PostgreSQL: nothing of this is seen

from sqlalchemy import select

from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def prices_of(session, show_id, seat_ids):
    of_this_show = select(Seat.price_cents).where(Seat.id.in_(seat_ids), Seat.show_id == show_id)
    prices = session.scalars(of_this_show).all()
    if not seat_ids or len(prices) != len(seat_ids):
        raise ValueError("Name seats of this show, and each one once.")
    return prices


def form(session, show_id, guest_id, seat_ids):
    total = sum(prices_of(session, show_id, seat_ids))
    order = Order(show_id=show_id, guest_id=guest_id, total_cents=total)
    order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
    session.add(order)
    session.flush()
    session.add(LedgerEntry(order_id=order.id, amount_cents=total))
    return order


def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        show = session.get_one(Show, show_id, with_for_update=True)
        order = form(session, show_id, guest_id, seat_ids)
        show.sold += len(seat_ids)
        return order.id
