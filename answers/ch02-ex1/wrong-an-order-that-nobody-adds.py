# order.id is None until the flush, and a flush sends what was added to the session
# breaks: whole, commit, refused, asked, race, clerks, returned

from lantern.theatre import LedgerEntry, Order, Show, Ticket


def sell(NewSession, show_id, guest_id, seat_ids):
    with NewSession.begin() as session:
        show = session.get_one(Show, show_id)
        offered = {seat.id: seat for seat in show.seats}
        seats = [offered.pop(seat_id) for seat_id in seat_ids]
        if not seats:
            raise ValueError("no seat was named")
        total = sum(seat.price_cents for seat in seats)
        order = Order(show=show, guest_id=guest_id, total_cents=total)
        order.tickets.extend(Ticket(seat_id=seat.id) for seat in seats)
        show.sold = Show.sold + len(seats)
        session.flush()
        session.add(LedgerEntry(order_id=order.id, amount_cents=total))
        return order.id
