# and the constraint holds
# breaks: postgresql

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update

from lantern.theatre import Guest, Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    async with Session.begin() as session:
        await session.execute(update(Guest).where(Guest.id == guest_id).values(email=Guest.email))
        now = datetime.now(UTC)
        await session.execute(delete(Hold).where(Hold.expires_at <= now))
        held = select(Hold.id).where(Hold.seat_id == Seat.id).exists()
        sold = select(Ticket.id).where(Ticket.seat_id == Seat.id).exists()
        seat = await session.scalar(select(Seat).where(Seat.show_id == show_id, ~held, ~sold))
        if seat:
            ends = now + timedelta(seconds=seconds)
            session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
        return seat
