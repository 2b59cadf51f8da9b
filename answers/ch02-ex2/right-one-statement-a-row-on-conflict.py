# one statement a row, on conflict, and a list as the answer

from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    added = 0
    with Session.begin() as session:
        for email in rows:
            statement = sqlite_insert(Guest).values(email=email).on_conflict_do_nothing()
            added += session.execute(statement).rowcount
    return [added, len(rows) - added]
