# What SQLite gives back for `expires_at` has no offset
# breaks: seats, served, holds, moments, processes, postgresql

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from lantern.theatre import Hold, Seat, Show, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    async with Session.begin() as session:
        await session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold))
        now = datetime.now(UTC)
        for hold in await session.scalars(select(Hold)):
            if hold.expires_at <= now:
                await session.delete(hold)
        await session.flush()
        held = select(Hold.id).where(Hold.seat_id == Seat.id).exists()
        sold = select(Ticket.id).where(Ticket.seat_id == Seat.id).exists()
        free = select(Seat).where(Seat.show_id == show_id, ~held, ~sold)
        seat = await session.scalar(free.limit(1))
        if seat:
            ends = now + timedelta(seconds=seconds)
            session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
        return seat
