# would have been no 500
# breaks: stranger
# never told: The cause is right

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("inner-commit", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
}
