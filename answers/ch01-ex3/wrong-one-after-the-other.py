# Only 1 of
# breaks: winner

import asyncio


async def first_offer(suppliers, deadline):
    try:
        async with asyncio.timeout(deadline):
            for supplier in suppliers:
                return await supplier()
    except TimeoutError:
        return None
