# its savepoint is what stays
# breaks: guest
# never told: `savepoint`

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "nested"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
}
