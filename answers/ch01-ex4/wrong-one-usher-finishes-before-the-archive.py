# time.sleep held the loop
# breaks: blocked
# never told: create_task only

order = [
    "doors open",
    "balcony opens",
    "foyer opens",
    "foyer is seated",
    "archive read",
    "balcony is seated",
    "curtain up",
]
