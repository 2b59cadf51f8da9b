# create_task only schedules
# breaks: scheduled

order = [
    "balcony opens",
    "foyer opens",
    "doors open",
    "archive read",
    "foyer is seated",
    "balcony is seated",
    "curtain up",
]
