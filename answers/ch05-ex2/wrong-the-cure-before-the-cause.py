# The cause comes first
# breaks: queue, unstored, stranger, attribute, settings, guest, heartbeat, created
# never told: does not cure

diagnoses = {
    1: ("limit", "threads"),
    2: ("nested", "caught"),
    3: ("begin", "unfinished"),
    4: ("ask", "computed"),
    5: ("mutable", "in-place"),
    6: ("real-begin", "savepoint"),
    7: ("to-thread", "frozen"),
    8: ("function-scope", "late"),
}
