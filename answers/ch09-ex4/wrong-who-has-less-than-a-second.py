# and it holds a transaction open
# breaks: whose
# the rest is the course's own

course_holders = held_open


def held_open(rows, database, now):
    held = course_holders(rows, database, now)
    return {endpoint: seconds for endpoint, seconds in held.items() if seconds >= 1}
