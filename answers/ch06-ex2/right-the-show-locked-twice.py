# SQLite waits at the DELETE, PostgreSQL at the show's row

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from lantern.theatre import Hold, Seat, Show, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    async with Session.begin() as session:
        now = datetime.now(UTC)
        await session.execute(delete(Hold).where(Hold.expires_at <= now))
        await session.get_one(Show, show_id, with_for_update=True)
        taken = select(Hold.seat_id).union_all(
            select(Ticket.seat_id).where(Ticket.seat_id.is_not(None))
        )
        free = select(Seat).where(Seat.show_id == show_id, Seat.id.not_in(taken))
        seat = await session.scalar(free.limit(1))
        if seat:
            ends = datetime.now(UTC) + timedelta(seconds=seconds)
            session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
        return seat
