# another one of yours waited for
# breaks: whole, commit, refused, asked, race, clerks, returned


from lantern.theatre import Order, Ticket


def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=2500 * len(seat_ids))
        session.add(order)
        session.flush()
        for seat_id in seat_ids:
            with Session.begin() as another:
                another.add(Ticket(order_id=order.id, seat_id=seat_id))
        return order.id
