# which had not ended, is gone
# breaks: holds
# the rest is the course's own


async def hold_seat(
    Session: async_sessionmaker[AsyncSession], show_id: int, guest_id: int, seconds: int
) -> Seat | None:
    async with Session.begin() as session:
        await session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold))
        now = datetime.now(UTC)
        await session.execute(delete(Hold).where(Hold.guest_id == guest_id))
        seats = select(Seat.id).where(Seat.show_id == show_id)
        await session.execute(delete(Hold).where(Hold.expires_at <= now, Hold.seat_id.in_(seats)))
        free = select(Seat).where(Seat.show_id == show_id)
        for model in (Hold, Ticket):
            free = free.where(~select(model).where(model.seat_id == Seat.id).exists())
        seat = await session.scalar(free.order_by(Seat.id).limit(1))
        if seat is not None:
            ends = now + timedelta(seconds=seconds)
            session.add(Hold(seat_id=seat.id, guest_id=guest_id, expires_at=ends))
    return seat
