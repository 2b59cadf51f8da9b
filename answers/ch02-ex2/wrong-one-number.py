# Return (added, skipped), two numbers
# breaks: counts

from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    added = 0
    with Session.begin() as session:
        for email in rows:
            statement = sqlite_insert(Guest).values(email=email).on_conflict_do_nothing()
            added += session.execute(statement).rowcount
    return added
