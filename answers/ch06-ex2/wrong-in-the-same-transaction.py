# current transaction is aborted
# breaks: postgresql
# on PostgreSQL: A savepoint around what may fail

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    async with Session.begin() as session:
        now = datetime.now(UTC)
        await session.execute(delete(Hold).where(Hold.expires_at <= now))
        held = select(Hold.id).where(Hold.seat_id == Seat.id).exists()
        sold = select(Ticket.id).where(Ticket.seat_id == Seat.id).exists()
        free = select(Seat).where(Seat.show_id == show_id, ~held, ~sold)
        ends = now + timedelta(seconds=seconds)
        for seat in (await session.scalars(free)).all():
            hold = insert(Hold).values(seat_id=seat.id, guest_id=guest_id, expires_at=ends)
            try:
                await session.execute(hold)
            except IntegrityError:
                continue
            return seat
    return None
