# correct, but serial. 20 seats took 20 waits
# breaks: together


async def price_all(seats, fetch, limit):
    return [await fetch(seat) for seat in seats]
