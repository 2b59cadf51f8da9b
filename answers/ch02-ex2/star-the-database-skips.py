# no row was sent by itself
# on PostgreSQL: `sqlalchemy.dialects.sqlite` has SQLite's INSERT

from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    if not rows:
        return 0, 0
    statement = sqlite_insert(Guest).on_conflict_do_nothing().returning(Guest.id)
    with Session.begin() as session:
        added = len(session.scalars(statement, [{"email": email} for email in rows]).all())
    return added, len(rows) - added
