# spans of time in place of seconds, and the rows sorted


import re


def held_open(rows, database, now):
    open_ones = [
        row for row in rows if row["datname"] == database and "in transaction" in str(row["state"])
    ]
    found = {}
    for row in sorted(
        open_ones, key=lambda row: row["xact_start"] or row["state_change"], reverse=True
    ):
        comment = re.match(r"/\*\s*(.+?)\s*\*/", row["query"])
        found[comment[1] if comment else row["application_name"]] = now - (
            row["xact_start"] or row["state_change"]
        )
    return found
