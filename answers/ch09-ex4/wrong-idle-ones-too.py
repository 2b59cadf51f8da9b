# as where a connection lies in a pool
# breaks: idle


def endpoint_of(row):
    if row["query"].startswith("/*"):
        return row["query"][2:].partition("*/")[0].strip()
    return row["application_name"]


def held_open(rows, database, now):
    oldest = {}
    for row in rows:
        if not (row["datname"] == database and "idle" in (row["state"] or "")):
            continue
        name = endpoint_of(row)
        seconds = (now - (row["xact_start"] or row["state_change"])).total_seconds()
        oldest[name] = max(seconds, oldest.get(name, 0.0))
    return oldest
