# and then it was
# breaks: minutes
# the rest is the course's own


async def hold_seat(session: AsyncSession, seat_id: int, guest_id: int, now: datetime) -> None:
    """Hold a seat for five minutes from now on; `now` is aware, of any time zone."""
    expires_at = as_stored(now)
    session.add(Hold(seat_id=seat_id, guest_id=guest_id, expires_at=expires_at))
    await session.commit()
