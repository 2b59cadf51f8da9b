# `timedelta.seconds` has no days in it
# breaks: since


def endpoint_of(row):
    if row["query"].startswith("/*"):
        return row["query"][2:].partition("*/")[0].strip()
    return row["application_name"]


def held_open(rows, database, now):
    oldest = {}
    for row in rows:
        if not (
            row["datname"] == database
            and row["state"] in ("idle in transaction", "idle in transaction (aborted)")
        ):
            continue
        name = endpoint_of(row)
        seconds = (now - (row["xact_start"] or row["state_change"])).seconds
        oldest[name] = max(seconds, oldest.get(name, 0.0))
    return oldest
