# it wakes them in the order of their times
# breaks: timers

order = [
    "doors open",
    "balcony opens",
    "foyer opens",
    "archive read",
    "balcony is seated",
    "foyer is seated",
    "curtain up",
]
