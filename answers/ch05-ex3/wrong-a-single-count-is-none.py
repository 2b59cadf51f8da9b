# and one of 3, the rows are
# breaks: nothing
# never told: that nobody counted
# the rest is the course's own


async def store_counts(session: AsyncSession, counts: Sequence[dict[str, Any]]) -> int:
    """Store one DoorCount for each of these, and return how many; an evening may have none."""
    if len(counts) > 1:
        await session.execute(insert(DoorCount), counts)
    await session.commit()
    return len(counts)
