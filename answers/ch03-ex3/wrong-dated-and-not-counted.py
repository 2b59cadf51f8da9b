# Nothing was counted, or it was not committed
# breaks: counted
# never told: Nothing was committed
# the rest is the course's own


async def touch(session: AsyncSession, note_id: int) -> datetime:
    count = update(Note).where(Note.id == note_id).values(reads=Note.reads)
    updated = (await session.scalars(count.returning(Note.updated))).one()
    await session.commit()
    return updated
