# in either program
# breaks: guest
# never told: The cause is right

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("inner-commit", "begin"),
    7: ("frozen", "to-thread"),
    8: ("late", "function-scope"),
}
