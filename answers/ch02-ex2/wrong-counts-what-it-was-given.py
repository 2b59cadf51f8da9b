# rows of guests known by then
# breaks: counts

from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    with Session.begin() as session:
        for email in rows:
            session.execute(sqlite_insert(Guest).values(email=email).on_conflict_do_nothing())
    return len(rows), 0
