# a tuple

order = (
    "doors open",
    "balcony opens",
    "foyer opens",
    "archive read",
    "foyer is seated",
    "balcony is seated",
    "curtain up",
)
