# Fourteen of fifteen
# breaks: heartbeat
# never told: `frozen`

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "bigger-pool"),
    8: ("late", "function-scope"),
}
