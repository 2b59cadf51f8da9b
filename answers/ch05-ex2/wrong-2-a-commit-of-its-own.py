# the order before it is gone already
# breaks: unstored
# never told: `caught`

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "commit"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
}
