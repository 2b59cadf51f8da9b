# a seat is chosen, its row is written, and then its hold is looked at once more
# on PostgreSQL: it holds as well

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    while True:
        now = datetime.now(UTC)
        held = select(Hold.seat_id).where(Hold.expires_at > now)
        sold = select(Ticket.seat_id).where(Ticket.seat_id.is_not(None))
        async with Session() as session:
            free = select(Seat).where(Seat.show_id == show_id, Seat.id.not_in(held.union(sold)))
            seat = await session.scalar(free.order_by(Seat.price_cents, Seat.id).limit(1))
        if seat is None:
            return None
        async with Session.begin() as session:
            mine = update(Seat).where(Seat.id == seat.id)
            await session.execute(mine.values(price_cents=Seat.price_cents))
            hold = await session.scalar(select(Hold).where(Hold.seat_id == seat.id))
            if hold and hold.expires_at.replace(tzinfo=UTC) > now:
                continue
            if hold:
                await session.delete(hold)
                await session.flush()
            ends = now + timedelta(seconds=seconds)
            session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
        return seat
