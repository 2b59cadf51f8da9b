# one statement looks and writes, and whoever comes too late looks again
# on PostgreSQL: `sqlalchemy.dialects.sqlite` has SQLite's INSERT

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert  # PostgreSQL's own takes the same words

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    while True:
        now = datetime.now(UTC)
        live = select(Hold.id).where(Hold.seat_id == Seat.id, Hold.expires_at > now)
        sold = select(Ticket.id).where(Ticket.seat_id == Seat.id)
        free = select(Seat).where(Seat.show_id == show_id, ~live.exists(), ~sold.exists())
        async with Session() as session:
            seat = await session.scalar(free.limit(1))
        if seat is None:
            return None
        mine = {"guest_id": guest_id, "expires_at": now + timedelta(seconds=seconds)}
        hold = insert(Hold).values(seat_id=seat.id, **mine)
        hold = hold.on_conflict_do_update(
            index_elements=[Hold.seat_id], set_=mine, where=Hold.expires_at <= now
        )
        async with Session.begin() as session:
            if (await session.execute(hold.returning(Hold.id))).first():
                return seat
