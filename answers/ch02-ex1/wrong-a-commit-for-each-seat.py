# was committed in
# breaks: whole, commit, refused, asked, race


from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def sell(Session, show_id, guest_id, seat_ids):
    with Session() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0)
        session.add(order)
        for seat_id in seat_ids:
            seat = session.get_one(Seat, seat_id)
            order.total_cents += seat.price_cents
            session.add(Ticket(order=order, seat_id=seat_id))
            session.flush()
            session.add(LedgerEntry(order_id=order.id, amount_cents=seat.price_cents))
            session.get_one(Show, show_id).sold += 1
            session.commit()
        return order.id
