# holds no row yet that Ines waits for
# breaks: postgresql
# on PostgreSQL: were both given seat

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from lantern.theatre import Hold, Seat, Ticket


async def hold_seat(Session, show_id, guest_id, seconds):
    async with Session() as session:
        await session.connection(execution_options={"write": True})  # BEGIN IMMEDIATE
        now = datetime.now(UTC)
        sold = select(Ticket.id).where(Ticket.seat_id == Seat.id).exists()
        seats = select(Seat, Hold).outerjoin(Hold, Hold.seat_id == Seat.id)
        for seat, hold in await session.execute(seats.where(Seat.show_id == show_id, ~sold)):
            if hold is None:
                hold = Hold(seat_id=seat.id)
                session.add(hold)
            elif hold.expires_at.replace(tzinfo=UTC) > now:
                continue
            hold.guest_id = guest_id
            hold.expires_at = now + timedelta(seconds=seconds)
            await session.commit()
            return seat
    return None
