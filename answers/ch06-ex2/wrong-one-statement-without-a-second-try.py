# was told None, and seat
# breaks: postgresql

from datetime import UTC, datetime, timedelta

from sqlalchemy import literal, select
from sqlalchemy.dialects.sqlite import insert

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    now = datetime.now(UTC)
    ends = now + timedelta(seconds=seconds)
    live = select(Hold.id).where(Hold.seat_id == Seat.id, Hold.expires_at > now).exists()
    sold = select(Ticket.id).where(Ticket.seat_id == Seat.id).exists()
    free = select(Seat.id, literal(guest_id), literal(ends)).where(Seat.show_id == show_id)
    hold = insert(Hold).from_select(
        ["seat_id", "guest_id", "expires_at"], free.where(~live, ~sold).limit(1)
    )
    hold = hold.on_conflict_do_update(
        index_elements=[Hold.seat_id],
        set_={"guest_id": guest_id, "expires_at": ends},
        where=Hold.expires_at <= now,
    )
    async with Session.begin() as session:
        seat_id = await session.scalar(hold.returning(Hold.seat_id))
        return await session.get(Seat, seat_id) if seat_id else None
