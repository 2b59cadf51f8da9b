# It has no diagnosis yet
# breaks: unstored, stranger, attribute, settings, guest, heartbeat, created
# never told: no cure yet

diagnoses = {1: ("threads", "limit"), 2: (..., ...)}
