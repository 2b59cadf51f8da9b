# constraint failed: ledger.order_id. order.id is None until the flush
# breaks: whole, commit, refused, race, returned

from sqlalchemy import select

from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=9500)
        order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
        session.add_all([order, LedgerEntry(order_id=order.id, amount_cents=9500)])
        session.get_one(Show, show_id).sold += len(seat_ids)
        session.scalars(select(Seat)).all()
        return order.id
