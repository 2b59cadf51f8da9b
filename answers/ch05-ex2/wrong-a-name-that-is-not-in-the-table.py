# Is 'unfinished' meant?
# breaks: stranger
# never told: does not cure

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("unfinisht", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
}
