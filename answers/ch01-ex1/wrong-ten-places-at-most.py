# With two calls of price_all at once
# breaks: together
# the rest is the course's own


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(min(limit, 10))

    async def fetch_one(seat):
        async with gate:
            return await fetch(seat)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch_one(seat)) for seat in seats]
    return [task.result() for task in tasks]
