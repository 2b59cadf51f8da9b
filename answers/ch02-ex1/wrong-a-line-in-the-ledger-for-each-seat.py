# One purchase is one line, with the sum of 9500
# breaks: whole

from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        seats = [session.get_one(Seat, seat_id) for seat_id in seat_ids]
        total = sum(seat.price_cents for seat in seats)
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=total)
        order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
        session.add(order)
        session.flush()
        for seat in seats:
            session.add(LedgerEntry(order_id=order.id, amount_cents=seat.price_cents))
        session.get_one(Show, show_id).sold += len(seat_ids)
        return order.id
