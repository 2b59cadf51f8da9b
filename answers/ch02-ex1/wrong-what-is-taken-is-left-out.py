# of the refused order this stayed behind: 1 order, 2 tickets, 1 ledger line
# breaks: whole, refused, race

from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import LedgerEntry, Order, Show, Ticket


def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=2500 * len(seat_ids))
        session.add(order)
        session.flush()
        session.execute(
            sqlite_insert(Ticket).on_conflict_do_nothing(),
            [{"order_id": order.id, "seat_id": seat_id} for seat_id in seat_ids],
        )
        session.add(LedgerEntry(order_id=order.id, amount_cents=order.total_cents))
        session.get_one(Show, show_id).sold += len(seat_ids)
        return order.id
