# correct, but serial. 20 calls took 20 waits
# breaks: together
# never told: batch


async def price_all(seats, fetch, limit):
    return [await fetch(seat) for seat in seats]
