# deleted order
# breaks: deleted
# the rest is the course's own


async def cancel_order(session: AsyncSession, order_id: int) -> bool:
    """Delete the order, and commit; return whether there was one."""
    order = await session.get(Order, order_id)
    if order is None:
        return False
    alike = Order.guest_id == order.guest_id, Order.show_id == order.show_id
    await session.execute(delete(Order).where(*alike, Order.total_cents == order.total_cents))
    await session.commit()
    return True
