# Another clock agrees with the database's by chance alone
# breaks: told
# the rest is the course's own


async def touch(session: AsyncSession, note_id: int) -> datetime:
    count = update(Note).where(Note.id == note_id).values(reads=Note.reads + 1)
    updated = (await session.scalars(count.returning(Note.updated))).one()
    await session.commit()
    return updated.replace(second=0)
