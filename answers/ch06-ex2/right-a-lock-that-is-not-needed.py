# behind the lock is what holds without it

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update

from lantern.theatre import Hold, Seat, Show, Ticket


class Seating:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def __call__(self, Session, show_id, guest_id, seconds):
        async with self.lock, Session.begin() as session:
            await session.execute(update(Show).where(Show.id == show_id).values(id=Show.id))
            now = datetime.now(UTC)
            seats = select(Seat, Hold).outerjoin(Hold, Hold.seat_id == Seat.id)
            sold = select(Ticket).where(Ticket.seat_id == Seat.id).exists()
            over = Hold.id.is_(None) | (Hold.expires_at <= now)
            found = await session.execute(seats.where(Seat.show_id == show_id, ~sold, over))
            seat, hold = found.first() or (None, None)
            if seat is None:
                return None
            if hold:
                await session.delete(hold)
                await session.flush()
            ends = now + timedelta(seconds=seconds)
            session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
            return seat


hold_seat = Seating()
