# After the import pool.checkedout() is 1
# breaks: returned
# never told: an import that failed

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    session = Session()
    added = 0
    for email in rows:
        statement = sqlite_insert(Guest).values(email=email).on_conflict_do_nothing()
        added += session.execute(statement).rowcount
    session.commit()
    session.scalar(select(Guest.id))
    return added, len(rows) - added
