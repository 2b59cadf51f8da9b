# ledger.order_id. No order_id was given, or None: order.id is None until the flush
# breaks: whole, commit, refused, asked, race, clerks, returned

from sqlalchemy import select, update

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
        total = sum(prices_of(session, show_id, seat_ids))
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=total)
        order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
        session.add_all([order, LedgerEntry(order_id=order.id, amount_cents=total)])
        raise_count(session, show_id, len(seat_ids))
        session.scalars(select(Seat)).all()
        return order.id
