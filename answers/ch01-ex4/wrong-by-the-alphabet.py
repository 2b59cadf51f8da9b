# `curtain up` comes after both ushers were awaited

order = sorted(
    [
        "balcony opens",
        "foyer opens",
        "doors open",
        "archive read",
        "foyer is seated",
        "balcony is seated",
        "curtain up",
    ]
)
