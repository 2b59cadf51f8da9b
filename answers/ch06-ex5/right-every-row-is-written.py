# all ushers of the evening are written before they are counted
# the rest is the course's own


async def go_home(Session, usher_id):
    async with Session.begin() as session:
        same = select(Usher.evening_id).where(Usher.id == usher_id).scalar_subquery()
        ours = update(Usher).where(Usher.evening_id == same)
        ours = ours.values(name=Usher.name).execution_options(synchronize_session=False)
        await session.execute(ours)
        found = await session.scalars(select(Usher).where(Usher.evening_id == same))
        on_duty = {usher.id for usher in found if usher.on_duty}
        if usher_id not in on_duty or on_duty == {usher_id}:
            return False
        await session.execute(update(Usher).where(Usher.id == usher_id).values(on_duty=False))
        return True
