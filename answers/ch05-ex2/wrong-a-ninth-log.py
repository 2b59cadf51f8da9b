# There is no log 9
# breaks: queue, unstored, stranger, attribute, settings, guest, heartbeat, created
# never told: no diagnosis yet

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
    9: ("stale", "populate"),
}
