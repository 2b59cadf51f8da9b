# It has several open, and that is not the oldest
# breaks: longest


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
        failed = row["xact_start"] is None
        seconds = (now - (row["state_change"] if failed else row["xact_start"])).total_seconds()
        known, is_failed = oldest.get(name, (0.0, True))
        if not failed and is_failed:
            oldest[name] = seconds, False
        elif failed == is_failed:
            oldest[name] = max(seconds, known), failed
    return {name: seconds for name, (seconds, _) in oldest.items()}
