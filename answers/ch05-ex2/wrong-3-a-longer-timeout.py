# It makes the lock rarer
# breaks: stranger
# never told: `unfinished`

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("unfinished", "longer-timeout"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
}
