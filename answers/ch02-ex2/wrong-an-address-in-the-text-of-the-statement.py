# syntax error
# breaks: kept, counts, commit, meanwhile, gap


def import_guests(NewSession, rows):
    added = 0
    with NewSession.begin() as session:
        for e in rows:
            if e is None:
                raise ValueError
            added += (
                session.connection()
                .exec_driver_sql(
                    f"INSERT INTO guests (email) VALUES ('{e}') ON CONFLICT DO NOTHING"
                )
                .rowcount
            )
    return added, len(rows) - added
