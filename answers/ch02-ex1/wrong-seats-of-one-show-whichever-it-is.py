# it was sold all the same
# breaks: asked

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from lantern.theatre import LedgerEntry, Order, Seat, Show, Ticket


def sell(
    NewSession: sessionmaker[Session], show_id: int, guest_id: int, seat_ids: Sequence[int]
) -> int:
    """Sell these seats to a guest in one transaction, or raise and change nothing at all."""
    with NewSession.begin() as session:
        of_this_show = (Seat.id.in_(seat_ids),)
        if len(set(session.scalars(select(Seat.show_id).where(*of_this_show)))) != 1:
            raise ValueError("one show")
        prices = session.scalars(select(Seat.price_cents).where(*of_this_show)).all()
        if not seat_ids or len(prices) != len(seat_ids):
            raise ValueError("Name seats of this show, at least one, and each one once.")
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=sum(prices))
        order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
        session.add(order)
        session.flush()
        session.add(LedgerEntry(order_id=order.id, amount_cents=order.total_cents))
        counted = update(Show).where(Show.id == show_id).values(sold=Show.sold + len(seat_ids))
        session.execute(counted)
        return order.id
