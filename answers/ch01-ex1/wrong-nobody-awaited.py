# <a coroutine that nobody awaited>
# breaks: order, together, failure, tidy


async def price_all(seats, fetch, limit):
    return [fetch(seat) for seat in seats]
