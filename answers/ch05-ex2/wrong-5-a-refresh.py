# store no more
# breaks: settings
# never told: `in-place`

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "ask"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
}
