# Count what your own statements added
# breaks: meanwhile

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    if not rows:
        return 0, 0
    count = select(func.count()).select_from(Guest)
    with Session.begin() as session:
        before = session.scalar(count)
        session.execute(
            sqlite_insert(Guest).on_conflict_do_nothing(), [{"email": email} for email in rows]
        )
        added = session.scalar(count) - before
    return added, len(rows) - added
