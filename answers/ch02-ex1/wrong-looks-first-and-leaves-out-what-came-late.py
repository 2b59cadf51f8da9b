# it was sold all the same
# breaks: race
# on PostgreSQL: `sqlalchemy.dialects.sqlite` has SQLite's INSERT

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert

from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def prices_of(session, show_id, seat_ids):
    of_this_show = select(Seat.price_cents).where(Seat.id.in_(seat_ids), Seat.show_id == show_id)
    prices = session.scalars(of_this_show).all()
    if not seat_ids or len(prices) != len(seat_ids):
        raise ValueError("Name seats of this show, and each one once.")
    return prices


def raise_count(session, show_id, seats):
    session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold + seats))


def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        if session.scalar(select(Ticket.id).where(Ticket.seat_id.in_(seat_ids)).limit(1)):
            raise ValueError("taken")
        total = sum(prices_of(session, show_id, seat_ids))
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=total)
        session.add(order)
        session.flush()
        tickets = [{"order_id": order.id, "seat_id": seat_id} for seat_id in seat_ids]
        session.execute(insert(Ticket).on_conflict_do_nothing(), tickets)
        session.add(LedgerEntry(order_id=order.id, amount_cents=total))
        raise_count(session, show_id, len(seat_ids))
        return order.id
