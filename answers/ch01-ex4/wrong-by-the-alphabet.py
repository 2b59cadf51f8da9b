# `curtain up` comes after both tasks were awaited
# breaks: scheduled, timers, awaited

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
