# Define it with plain `def`


async def doctor():
    return {"async": True}
