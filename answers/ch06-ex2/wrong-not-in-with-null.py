# `NOT IN` a list with a NULL in it is never true
# breaks: served

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update

from lantern.theatre import Hold, Seat, Show, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    async with Session.begin() as session:
        await session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold))
        now = datetime.now(UTC)
        await session.execute(delete(Hold).where(Hold.expires_at <= now))
        free = select(Seat).where(Seat.show_id == show_id)
        free = free.where(Seat.id.not_in(select(Hold.seat_id)))
        free = free.where(Seat.id.not_in(select(Ticket.seat_id)))
        seat = await session.scalar(free.limit(1))
        if seat:
            ends = now + timedelta(seconds=seconds)
            session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
    return seat
