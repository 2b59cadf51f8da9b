# of which 0 are guests now
# breaks: whole
# never told: is stored
# the rest is the course's own


async def import_guests(session: AsyncSession, emails: Sequence[str]) -> int:
    """Store a guest for each address, all or none, and return how many; errors come out."""
    session.add_all(Guest(email=email) for email in emails)
    await session.flush()
    return len(emails)
