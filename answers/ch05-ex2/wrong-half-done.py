# It has no cure yet
# breaks: created, heartbeat
# never told: no cause yet

diagnoses = {
    1: ("threads", "limit"),
    2: ("caught", "nested"),
    3: ("unfinished", "begin"),
    4: ("computed", "ask"),
    5: ("in-place", "mutable"),
    6: ("savepoint", "real-begin"),
    7: ("frozen", ...),
    8: ("late", ...),
}
