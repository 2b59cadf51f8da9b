# 'page 2' is no endpoint
# breaks: whose
# the rest is the course's own

course_holders = held_open


def held_open(rows, database, now):
    named = []
    for row in rows:
        before, end, after = row["query"].rpartition("/*")
        cut = before.startswith("/*") and end
        named.append(row | {"query": f"/*{after}"} if cut else row)
    return course_holders(named, database, now)
