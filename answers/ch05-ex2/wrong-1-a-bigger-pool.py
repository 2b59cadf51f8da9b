# The cause is right; bigger-pool does not cure it. With 20 connections
# breaks: queue
# never told: `threads`

diagnoses = {
    1: ("threads", "bigger-pool"),
    2: ("caught", "nested"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
}
