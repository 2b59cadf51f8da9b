# each hold a row that the other one waits for
# breaks: postgresql
# the rest is the course's own
# on PostgreSQL: deadlock detected


async def go_home(Session, usher_id):
    async with Session() as session:
        mine = update(Usher).where(Usher.id == usher_id, Usher.on_duty).values(on_duty=False)
        gone = await session.scalar(mine.returning(Usher.evening_id))
        left = select(Usher.id).where(Usher.evening_id == gone, Usher.on_duty)
        if gone is None or not (await session.scalars(left.with_for_update())).all():
            await session.rollback()
            return False
        await session.commit()
        return True
