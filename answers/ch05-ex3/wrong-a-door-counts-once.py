# the rows are
# breaks: nothing
# the rest is the course's own


async def store_counts(session: AsyncSession, counts: Sequence[dict[str, Any]]) -> int:
    """Store one DoorCount for each of these, and return how many; an evening may have none."""
    by_door = {count["door"]: count for count in counts}
    if by_door:
        await session.execute(insert(DoorCount), list(by_door.values()))
    await session.commit()
    return len(counts)
