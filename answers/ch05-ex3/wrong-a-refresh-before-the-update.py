# returned a show of
# breaks: current
# on PostgreSQL: it does not hold either
# never told: are due
# the rest is the course's own


async def add_seats(session: AsyncSession, show_id: int, more: int) -> Show:
    """Add to a show's capacity, and return the show with the capacity it has now.

    Of two who add at once, both count.
    """
    show = await session.get_one(Show, show_id)
    await session.refresh(show)
    enlarge = text("UPDATE shows SET capacity = capacity + :more WHERE id = :id")
    await session.execute(enlarge, {"more": more, "id": show_id})
    await session.commit()
    return show
