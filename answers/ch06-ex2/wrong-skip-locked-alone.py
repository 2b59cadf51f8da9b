# SQLite has no such SQL
# breaks: served

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    async with Session.begin() as session:
        now = datetime.now(UTC)
        hold = await session.scalar(
            select(Hold)
            .join(Seat)
            .where(Seat.show_id == show_id, Hold.expires_at <= now)
            .where(~select(Ticket).where(Ticket.seat_id == Seat.id).exists())
            .with_for_update(skip_locked=True, of=Hold)
        )
        if hold is None:
            free = select(Seat).where(
                Seat.show_id == show_id,
                ~select(Hold).where(Hold.seat_id == Seat.id).exists(),
                ~select(Ticket).where(Ticket.seat_id == Seat.id).exists(),
            )
            seat = await session.scalar(free.limit(1).with_for_update(skip_locked=True))
            if seat is None:
                return None
            hold = Hold(seat_id=seat.id)
            session.add(hold)
        hold.guest_id = guest_id
        hold.expires_at = now + timedelta(seconds=seconds)
        return await session.get(Seat, hold.seat_id)
