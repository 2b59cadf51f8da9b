# on PostgreSQL asyncpg takes it for the machine's local time
# breaks: moments
# on PostgreSQL: its hold has ended

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update

from lantern.theatre import Hold, Seat, Show, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    async with Session.begin() as session:
        await session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold))
        now = datetime.now(UTC).replace(tzinfo=None)
        await session.execute(delete(Hold).where(Hold.expires_at <= now))
        held = select(Hold.id).where(Hold.seat_id == Seat.id).exists()
        sold = select(Ticket.id).where(Ticket.seat_id == Seat.id).exists()
        free = select(Seat).where(Seat.show_id == show_id, ~held, ~sold)
        seat = await session.scalar(free.limit(1))
        if seat:
            ends = now + timedelta(seconds=seconds)
            session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
    return seat
