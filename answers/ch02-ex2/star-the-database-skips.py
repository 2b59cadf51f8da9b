# no row costs one of its own

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    count = select(func.count()).select_from(Guest)
    with Session.begin() as session:
        before = session.scalar(count)
        session.execute(
            sqlite_insert(Guest).on_conflict_do_nothing(), [{"email": email} for email in rows]
        )
        added = session.scalar(count) - before
    return added, len(rows) - added
