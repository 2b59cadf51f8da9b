# time.sleep held the loop
# breaks: blocked

order = [
    "doors open",
    "balcony opens",
    "foyer opens",
    "foyer is seated",
    "balcony is seated",
    "archive read",
    "curtain up",
]
