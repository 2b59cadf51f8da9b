# both went home, and nobody is on duty
# breaks: postgresql
# the rest is the course's own


async def go_home(Session, usher_id):
    async with Session() as session:
        mine = update(Usher).where(Usher.id == usher_id, Usher.on_duty).values(on_duty=False)
        gone = await session.scalar(mine.returning(Usher.evening_id))
        left = select(Usher.id).where(Usher.evening_id == gone, Usher.on_duty)
        if gone is None or (await session.scalars(left)).first() is None:
            await session.rollback()
            return False
        await session.commit()
        return True
