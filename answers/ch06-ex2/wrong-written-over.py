# and Ines were both given seat
# breaks: seats

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    now = datetime.now(UTC)
    live = select(Hold.seat_id).where(Hold.expires_at > now)
    sold = select(Ticket.seat_id).where(Ticket.seat_id.is_not(None))
    free = select(Seat).where(Seat.show_id == show_id, Seat.id.not_in(live.union(sold)))
    async with Session() as session:
        seat = (await session.scalars(free.order_by(Seat.id))).first()
    if seat is None:
        return None
    mine = {"guest_id": guest_id, "expires_at": now + timedelta(seconds=seconds)}
    hold = insert(Hold).values(seat_id=seat.id, **mine)
    async with Session.begin() as session:
        await session.execute(hold.on_conflict_do_update(index_elements=["seat_id"], set_=mine))
    return seat
