# True and False are due
# breaks: deleted
# never told: is still in the table
# the rest is the course's own


async def cancel_order(session: AsyncSession, order_id: int) -> bool:
    """Delete the order, and commit; return whether there was one."""
    await session.execute(delete(Order).where(Order.id == order_id))
    await session.commit()
    return True
