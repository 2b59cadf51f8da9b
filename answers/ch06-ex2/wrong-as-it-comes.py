# Another guest was quicker with this seat
# breaks: served

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    async with Session() as session:
        now = datetime.now(UTC)
        held = select(Hold.id).where(Hold.seat_id == Seat.id, Hold.expires_at > now).exists()
        sold = select(Ticket.id).where(Ticket.seat_id == Seat.id).exists()
        seat = await session.scalar(select(Seat).where(Seat.show_id == show_id, ~held, ~sold))
    if seat is None:
        return None
    async with Session.begin() as session:
        await session.execute(delete(Hold).where(Hold.expires_at <= now))
        ends = now + timedelta(seconds=seconds)
        session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
    return seat
