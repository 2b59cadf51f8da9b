# and then it was
# breaks: minutes
# the rest is the course's own


async def release_expired(session: AsyncSession, now: datetime) -> None:
    """Delete the holds that are over by now; `now` is aware, of any time zone."""
    await session.execute(delete(Hold).where(Hold.expires_at <= now))
    await session.commit()
