# in the order of their times
# breaks: timers
# never told: time.sleep held

order = (
    "Doors open",
    "Balcony opens",
    "Foyer opens",
    "Archive read",
    "Balcony is seated",
    "Foyer is seated",
    "Curtain up",
)
