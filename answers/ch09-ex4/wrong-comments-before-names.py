# It has several open, and that is not the oldest
# breaks: longest


def held_open(rows, database, now):
    by_comment, by_name = {}, {}
    for row in rows:
        is_open = (row["state"] or "").startswith("idle in transaction")
        if row["datname"] != database or not is_open:
            continue
        found, name = by_name, row["application_name"]
        if row["query"].startswith("/*"):
            found, name = by_comment, row["query"][2:].partition("*/")[0].strip()
        seconds = (now - (row["xact_start"] or row["state_change"])).total_seconds()
        found[name] = max(seconds, found.get(name, 0.0))
    return by_name | by_comment
