# The server is at work for it
# breaks: idle


def endpoint_of(row):
    if row["query"].startswith("/*"):
        return row["query"][2:].partition("*/")[0].strip()
    return row["application_name"]


def held_open(rows, database, now):
    oldest = {}
    for row in rows:
        if not (row["datname"] == database and row["xact_start"]):
            continue
        name = endpoint_of(row)
        seconds = (now - row["xact_start"]).total_seconds()
        oldest[name] = max(seconds, oldest.get(name, 0.0))
    return oldest
