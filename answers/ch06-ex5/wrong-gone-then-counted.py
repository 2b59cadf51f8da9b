# both went home, and nobody is on duty
# breaks: postgresql
# the rest is the course's own


async def go_home(Session, guard_id):
    async with Session() as session:
        mine = update(Guard).where(Guard.id == guard_id, Guard.on_duty).values(on_duty=False)
        gone = await session.scalar(mine.returning(Guard.evening_id))
        left = select(Guard.id).where(Guard.evening_id == gone, Guard.on_duty)
        if gone is None or (await session.scalars(left)).first() is None:
            await session.rollback()
            return False
        await session.commit()
        return True
