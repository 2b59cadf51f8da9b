# the seats are tried one by one, a transaction for each

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    async with Session() as session:
        sold = select(Ticket.seat_id).where(Ticket.seat_id.is_not(None))
        seats = select(Seat).where(Seat.show_id == show_id, Seat.id.not_in(sold))
        seats = (await session.scalars(seats)).all()
    for seat in seats:
        if await _take(Session, seat.id, guest_id, seconds):
            return seat
    return None


async def _take(Session, seat_id, guest_id, seconds):
    now = datetime.now(UTC)
    ends = now + timedelta(seconds=seconds)
    async with Session.begin() as session:
        again = update(Hold).where(Hold.seat_id == seat_id, Hold.expires_at <= now)
        if (await session.execute(again.values(guest_id=guest_id, expires_at=ends))).rowcount:
            return True
    try:
        async with Session.begin() as session:
            session.add(Hold(seat_id=seat_id, guest_id=guest_id, expires_at=ends))
    except IntegrityError:
        return False
    return True
