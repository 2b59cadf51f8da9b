# 'GET /old' is no endpoint
# breaks: whose


import re


def endpoint_of(row):
    comment = re.search(r"/\*\s*(.+?)\s*\*/", row["query"])
    return comment[1] if comment else row["application_name"]


def held_open(rows, database, now):
    oldest = {}
    for row in rows:
        if not (
            row["datname"] == database
            and row["state"] in ("idle in transaction", "idle in transaction (aborted)")
        ):
            continue
        name = endpoint_of(row)
        seconds = (now - (row["xact_start"] or row["state_change"])).total_seconds()
        oldest[name] = max(seconds, oldest.get(name, 0.0))
    return oldest
