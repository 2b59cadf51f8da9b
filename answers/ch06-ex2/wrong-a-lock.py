# In one process it holds
# breaks: processes

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from lantern.theatre import Hold, Seat, Ticket

lock = asyncio.Lock()


async def hold_seat(Session, show_id, guest_id, seconds):
    async with lock:
        now = datetime.now(UTC)
        async with Session() as session:
            live = select(Hold.id).where(Hold.seat_id == Seat.id, Hold.expires_at > now).exists()
            sold = select(Ticket.id).where(Ticket.seat_id == Seat.id).exists()
            free = select(Seat).where(Seat.show_id == show_id, ~live, ~sold)
            seat = await session.scalar(free.limit(1))
        if seat is None:
            return None
        async with Session.begin() as session:
            await session.execute(delete(Hold).where(Hold.seat_id == seat.id))
            ends = now + timedelta(seconds=seconds)
            session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
        return seat
