# validated before a dependency of either scope ends
# breaks: queue
# never told: `threads`

diagnoses = {
    1: ("threads", "function-scope"),
    2: ("caught", "nested"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
}
