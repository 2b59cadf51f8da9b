# Define it with plain `def`
# breaks: versions, missing, async


async def doctor():
    return {"async": True}
