# `await asyncio.sleep(0)` lets every task that is ready take a step
# breaks: scheduled

order = [
    "doors open",
    "archive read",
    "foyer opens",
    "foyer is seated",
    "balcony opens",
    "balcony is seated",
    "curtain up",
]
