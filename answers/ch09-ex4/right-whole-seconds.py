# in groups, and in whole seconds


from collections import defaultdict


def held_open(rows, database, now):
    began = defaultdict(list)
    for row in rows:
        match row:
            case {"datname": str(name), "state": str(state)} if name == database:
                if state.split(" (")[0] == "idle in transaction":
                    query = row["query"]
                    comment = query.startswith("/* ") and query[3 : query.index(" */")]
                    began[comment or row["application_name"]].append(
                        row["xact_start"] or row["state_change"]
                    )
    return {name: round((now - min(times)).total_seconds()) for name, times in began.items()}
