# a part of a list that failed is stored
# breaks: whole
# the rest is the course's own


async def import_guests(session: AsyncSession, emails: Sequence[str]) -> int:
    """Store a guest for each address, all or none, and return how many; errors come out."""
    for part in (emails[:-1], emails[-1:]):
        session.add_all([Guest(email=email) for email in part])
        await session.commit()
    return len(emails)
