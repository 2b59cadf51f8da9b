# its state is 'disabled'
# breaks: idle


def endpoint_of(row):
    if row["query"].startswith("/*"):
        return row["query"][2:].partition("*/")[0].strip()
    return row["application_name"]


def held_open(rows, database, now):
    oldest = {}
    for row in rows:
        if not (
            row["datname"] == database
            and row["state"] not in ("active", "idle", "fastpath function call")
        ):
            continue
        name = endpoint_of(row)
        began = row["xact_start"] or row["state_change"] or now
        seconds = (now - began).total_seconds()
        oldest[name] = max(seconds, oldest.get(name, 0.0))
    return oldest
