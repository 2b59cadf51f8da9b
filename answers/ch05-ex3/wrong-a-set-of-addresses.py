# one stood there twice
# breaks: whole
# the rest is the course's own


async def import_guests(session: AsyncSession, emails: Sequence[str]) -> int:
    """Store a guest for each address, all or none, and return how many; errors come out."""
    for email in set(emails):
        session.add(Guest(email=email))
    await session.commit()
    return len(emails)
