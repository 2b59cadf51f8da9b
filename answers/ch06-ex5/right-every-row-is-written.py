# all guards of the evening are written before they are counted
# the rest is the course's own


async def go_home(Session, guard_id):
    async with Session.begin() as session:
        same = select(Guard.evening_id).where(Guard.id == guard_id).scalar_subquery()
        ours = update(Guard).where(Guard.evening_id == same)
        ours = ours.values(name=Guard.name).execution_options(synchronize_session=False)
        await session.execute(ours)
        found = await session.scalars(select(Guard).where(Guard.evening_id == same))
        on_duty = {guard.id for guard in found if guard.on_duty}
        if guard_id not in on_duty or on_duty == {guard_id}:
            return False
        await session.execute(update(Guard).where(Guard.id == guard_id).values(on_duty=False))
        return True
