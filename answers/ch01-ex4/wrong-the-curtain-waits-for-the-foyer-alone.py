# so it is the last line
# breaks: awaited
# never told: wakes them

order = [
    "doors open",
    "balcony opens",
    "foyer opens",
    "archive read",
    "foyer is seated",
    "curtain up",
    "balcony is seated",
]
