# can the second INSERT have gone well
# breaks: unstored
# never told: The cause is right

diagnoses = {
    1: ("threads", "limit"),
    2: ("uncommitted", "commit"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
}
