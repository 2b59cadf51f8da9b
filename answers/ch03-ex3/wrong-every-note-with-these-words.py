# also changed note
# breaks: counted
# the rest is the course's own


async def touch(session: AsyncSession, note_id: int) -> datetime:
    text = select(Note.text).where(Note.id == note_id).scalar_subquery()
    count = update(Note).where(Note.text == text).values(reads=Note.reads + 1)
    await session.execute(count)
    await session.commit()
    return await session.scalar(select(Note.updated).where(Note.id == note_id))
