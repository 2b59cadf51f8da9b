# deleted 13 other orders as well
# breaks: deleted
# never told: is still in the table
# the rest is the course's own


async def cancel_order(session: AsyncSession, order_id: int) -> bool:
    """Delete the order, and commit; return whether there was one."""
    order = await session.get(Order, order_id)
    if order is None:
        return False
    await session.execute(delete(Order))
    await session.commit()
    return True
