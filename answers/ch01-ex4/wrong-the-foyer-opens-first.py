# in the order in which they were made
# breaks: scheduled
# never told: create_task only schedules

order = [
    "doors open",
    "foyer opens",
    "balcony opens",
    "archive read",
    "foyer is seated",
    "balcony is seated",
    "curtain up",
]
