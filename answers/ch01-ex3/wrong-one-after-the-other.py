# Only 1 of 3 suppliers had been called
# breaks: winner

import asyncio


async def first_offer(suppliers, deadline):
    for supplier in suppliers:
        try:
            return await asyncio.wait_for(supplier(), deadline)
        except TimeoutError:
            pass
