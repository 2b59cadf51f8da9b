# each has a lock of its own
# breaks: processes

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from lantern.theatre import Hold, Seat, Ticket

at_the_plan = defaultdict(lambda: asyncio.Semaphore(1))


async def hold_seat(Session, show_id, guest_id, seconds):
    async with at_the_plan[show_id], Session.begin() as session:
        now = datetime.now(UTC)
        live = select(Hold.id).where(Hold.seat_id == Seat.id, Hold.expires_at > now).exists()
        sold = select(Ticket.id).where(Ticket.seat_id == Seat.id).exists()
        seat = await session.scalar(select(Seat).where(Seat.show_id == show_id, ~live, ~sold))
        if seat is None:
            return None
        await session.execute(delete(Hold).where(Hold.seat_id == seat.id))
        ends = now + timedelta(seconds=seconds)
        session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
    return seat
