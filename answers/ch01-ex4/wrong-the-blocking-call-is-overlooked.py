# time.sleep held the loop

order = [
    "doors open",
    "balcony opens",
    "foyer opens",
    "foyer is seated",
    "balcony is seated",
    "archive read",
    "curtain up",
]
