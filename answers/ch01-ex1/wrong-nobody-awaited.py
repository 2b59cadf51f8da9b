# <a coroutine that nobody awaited>


async def price_all(seats, fetch, limit):
    return [fetch(seat) for seat in seats]
