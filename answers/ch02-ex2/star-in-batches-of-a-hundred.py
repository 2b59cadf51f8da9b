# no row was sent by itself

from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    added = 0
    with Session.begin() as session:
        for start in range(0, len(rows), 100):
            batch = [{"email": email} for email in rows[start : start + 100]]
            statement = sqlite_insert(Guest).values(batch).on_conflict_do_nothing()
            added += session.execute(statement).rowcount
    return added, len(rows) - added
