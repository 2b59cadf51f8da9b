# Of a list of 11 rows 0 new guests were kept
# breaks: kept

from sqlalchemy.dialects.sqlite import insert

from lantern.theatre import Guest


def import_guests(NewSession, rows):
    added = 0
    if None in rows:
        raise ValueError
    with NewSession.begin() as session:
        for i in range(len(rows) // 100):
            added += session.execute(
                insert(Guest)
                .values([{"email": e} for e in rows[i * 100 : i * 100 + 100]])
                .on_conflict_do_nothing()
            ).rowcount
    return added, len(rows) - added
