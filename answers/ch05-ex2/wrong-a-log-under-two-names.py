# log 3 stands twice
# breaks: queue, unstored, stranger, attribute, settings, guest, heartbeat, created

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    "3": ("uncommitted", "commit"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "commit"),
}
