# relationships in place of ids, and seats as objects

from sqlalchemy import update

from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def raise_count(session, show_id, seats):
    session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold + seats))


def sell(Session, show_id, guest_id, seat_ids):
    if len(set(seat_ids)) < max(len(seat_ids), 1):
        raise ValueError("each seat once")
    with Session(expire_on_commit=False) as session, session.begin():
        show = session.get_one(Show, show_id)
        seats = {seat.id: seat for seat in show.seats}
        chosen = [seats[seat_id] for seat_id in seat_ids]
        total = sum(seat.price_cents for seat in chosen)
        order = Order(show=show, guest_id=guest_id, total_cents=total)
        session.add(order)
        session.add_all(Ticket(order=order, seat_id=seat.id) for seat in chosen)
        session.flush()
        session.add(LedgerEntry(order_id=order.id, amount_cents=total))
        raise_count(session, show_id, len(chosen))
    return order.id
