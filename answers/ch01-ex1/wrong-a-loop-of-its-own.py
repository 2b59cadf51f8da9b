# A loop runs already, here as in an endpoint: await instead
# breaks: order, limit, together, failure, tidy

import asyncio


async def price_all(seats, fetch, limit):
    return asyncio.run(fetch(seats[0]))
