# are due
# breaks: current
# never told: returned a show of
# the rest is the course's own


async def add_seats(session: AsyncSession, show_id: int, more: int) -> Show:
    """Add to a show's capacity, and return the show with the capacity it has now.

    Of two who add at once, both count.
    """
    show = await session.get_one(Show, show_id)
    show.capacity += more
    await session.commit()
    return show
