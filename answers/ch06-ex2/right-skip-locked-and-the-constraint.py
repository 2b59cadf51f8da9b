# SKIP LOCKED, with a DELETE before it and the constraint behind it

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from lantern.theatre import Hold, Seat, Ticket


class TooLate(Exception):
    pass


async def hold_seat(Session, show_id, guest_id, seconds):
    while True:
        try:
            return await _try(Session, show_id, guest_id, seconds)
        except IntegrityError:
            pass


async def _try(Session, show_id, guest_id, seconds):
    now = datetime.now(UTC)
    async with Session.begin() as session:
        await session.execute(delete(Hold).where(Hold.expires_at <= now))
        free = select(Seat).where(
            Seat.show_id == show_id,
            ~select(Hold).where(Hold.seat_id == Seat.id).exists(),
            ~select(Ticket).where(Ticket.seat_id == Seat.id).exists(),
        )
        seat = await session.scalar(free.limit(1).with_for_update(skip_locked=True, of=Seat))
        if seat:
            ends = now + timedelta(seconds=seconds)
            await session.execute(
                Hold.__table__.insert().values(seat_id=seat.id, guest_id=guest_id, expires_at=ends)
            )
        return seat
