# still be sent after the answer
# breaks: created
# never told: `late`

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "nested"),
}
