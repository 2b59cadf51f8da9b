# is sent with a row of defaults
# breaks: counts

from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    with Session.begin() as session:
        statement = sqlite_insert(Guest).values([{"email": email} for email in rows])
        added = session.execute(statement.on_conflict_do_nothing()).rowcount
    return added, len(rows) - added
