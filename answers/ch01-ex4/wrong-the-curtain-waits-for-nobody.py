# so it is the last line
# breaks: awaited

order = [
    "doors open",
    "balcony opens",
    "foyer opens",
    "archive read",
    "curtain up",
    "foyer is seated",
    "balcony is seated",
]
