# which was not in its list
# breaks: whole
# never told: was known already
# the rest is the course's own


async def import_guests(session: AsyncSession, emails: Sequence[str]) -> int:
    """Store a guest for each address, all or none, and return how many; errors come out."""
    session.add_all([Guest(email=email.lower()) for email in emails])
    await session.commit()
    return len(emails)
