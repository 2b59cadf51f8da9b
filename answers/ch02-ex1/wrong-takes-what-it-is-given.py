# An empty list of seats was asked for
# breaks: asked

from sqlalchemy import select, update

from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def prices_of(session, show_id, seat_ids):
    return session.scalars(select(Seat.price_cents).where(Seat.id.in_(seat_ids))).all()


def raise_count(session, show_id, seats):
    session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold + seats))


def form(session, show_id, guest_id, seat_ids):
    total = sum(prices_of(session, show_id, seat_ids))
    order = Order(show_id=show_id, guest_id=guest_id, total_cents=total)
    order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
    session.add(order)
    session.flush()
    session.add(LedgerEntry(order_id=order.id, amount_cents=total))
    raise_count(session, show_id, len(seat_ids))
    return order


def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        return form(session, show_id, guest_id, seat_ids).id
