# the show's row first, by hand, and Python chooses among all seats and holds

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from lantern.theatre import Hold, Seat, Show, Ticket


def is_over(hold, now):
    ends = hold.expires_at
    return (ends if ends.tzinfo else ends.replace(tzinfo=UTC)) <= now


async def hold_seat(Session, show_id, guest_id, seconds):
    session = Session()
    try:
        await session.execute(update(Show).where(Show.id == show_id).values(title=Show.title))
        now = datetime.now(UTC)
        seats = (await session.scalars(select(Seat).where(Seat.show_id == show_id))).all()
        holds = {hold.seat_id: hold for hold in await session.scalars(select(Hold))}
        sold = set(await session.scalars(select(Ticket.seat_id)))
        for seat in reversed(seats):
            hold = holds.get(seat.id)
            if seat.id in sold or (hold and not is_over(hold, now)):
                continue
            if hold is None:
                hold = Hold(seat_id=seat.id)
                session.add(hold)
            hold.guest_id = guest_id
            hold.expires_at = now + timedelta(seconds=seconds)
            await session.commit()
            return seat
        return None
    finally:
        await session.close()
