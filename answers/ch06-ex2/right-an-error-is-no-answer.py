# the unique constraint raises, and another seat is looked for in a new session

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    while True:
        now = datetime.now(UTC)
        try:
            async with Session.begin() as session:
                await session.execute(delete(Hold).where(Hold.expires_at <= now))
                seat = (
                    await session.scalars(
                        select(Seat)
                        .outerjoin(Hold, Hold.seat_id == Seat.id)
                        .outerjoin(Ticket, Ticket.seat_id == Seat.id)
                        .where(Seat.show_id == show_id, Hold.id.is_(None), Ticket.id.is_(None))
                        .order_by(Seat.label)
                    )
                ).first()
                if seat is None:
                    return None
                ends = now + timedelta(seconds=seconds)
                session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
            return seat
        except IntegrityError:
            continue
