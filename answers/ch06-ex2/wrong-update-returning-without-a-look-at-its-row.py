# and Ines were both given seat
# breaks: postgresql

from datetime import UTC, datetime, timedelta

from sqlalchemy import literal, select, update
from sqlalchemy.dialects.sqlite import insert

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    sold = select(Ticket.id).where(Ticket.seat_id == Seat.id).exists()
    while True:
        now = datetime.now(UTC)
        ends = now + timedelta(seconds=seconds)
        spent = select(Hold.id).join(Seat).where(Hold.expires_at <= now)
        spent = spent.where(Seat.show_id == show_id, ~sold).limit(1).scalar_subquery()
        again = update(Hold).where(Hold.id == spent).values(guest_id=guest_id, expires_at=ends)
        again = again.returning(Hold.seat_id).execution_options(synchronize_session=False)
        empty = select(Seat.id, literal(guest_id), literal(ends)).where(Seat.show_id == show_id)
        empty = empty.where(~sold, ~select(Hold).where(Hold.seat_id == Seat.id).exists()).limit(1)
        fresh = insert(Hold).from_select(["seat_id", "guest_id", "expires_at"], empty)
        fresh = fresh.on_conflict_do_nothing().returning(Hold.seat_id)
        for statement in (again, fresh):
            async with Session.begin() as session:
                if seat_id := await session.scalar(statement):
                    return await session.get(Seat, seat_id)
        async with Session() as session:
            live = select(Hold.id).where(Hold.seat_id == Seat.id, Hold.expires_at > now).exists()
            left = select(Seat).where(Seat.show_id == show_id, ~sold, ~live)
            if await session.scalar(left.limit(1)) is None:
                return None
