# Write a dictionary
# breaks: queue, unstored, stranger, attribute, settings, guest, heartbeat, created
# never told: no diagnosis yet

diagnoses = [
    ("threads", "limit"),
    ("caught", "nested"),
    ("unfinished", "begin"),
    ("computed", "ask"),
    ("in-place", "mutable"),
    ("savepoint", "real-begin"),
    ("frozen", "to-thread"),
    ("late", "function-scope"),
]
