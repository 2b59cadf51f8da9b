# Who was it that stood still?
# breaks: heartbeat
# never told: The cause is right

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("threads", "limit"),
    8: ("late", "function-scope"),
}
