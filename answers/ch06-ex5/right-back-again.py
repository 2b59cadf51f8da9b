# the evening first, then gone, counted, and taken back where nobody is left
# the rest is the course's own


class NobodyIsLeft(Exception):
    pass


async def go_home(Session, guard_id):
    async with Session() as session:
        guard = await session.get(Guard, guard_id)
    try:
        async with Session.begin() as session:
            evening = update(Evening).where(Evening.id == guard.evening_id)
            await session.execute(evening.values(version=Evening.version))
            mine = update(Guard).where(Guard.id == guard_id, Guard.on_duty.is_(True))
            gone = (await session.execute(mine.values(on_duty=False))).rowcount
            left = select(Guard.id).where(Guard.evening_id == guard.evening_id, Guard.on_duty)
            if gone and (await session.scalars(left)).first() is None:
                raise NobodyIsLeft
            return gone == 1
    except NobodyIsLeft:
        return False
