# asked for in a WHERE, it finds no row
# breaks: both
# never told: the second wrote over the first
# the rest is the course's own


async def touch(session: AsyncSession, note_id: int) -> datetime:
    reads = await session.scalar(select(Note.reads).where(Note.id == note_id))
    as_read = update(Note).where(Note.id == note_id, Note.reads == reads)
    await session.execute(as_read.values(reads=Note.reads + 1))
    updated = await session.scalar(select(Note.updated).where(Note.id == note_id))
    await session.commit()
    return updated
