# looks first, and has a savepoint too
# on PostgreSQL: it holds as well

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    added = 0
    with Session() as session:
        known = set(session.scalars(select(Guest.email)))
        for email in rows:
            if email in known:
                continue
            known.add(email)
            savepoint = session.begin_nested()
            session.add(Guest(email=email))
            try:
                session.flush()
            except IntegrityError:
                savepoint.rollback()
                if email is None:
                    raise
            else:
                savepoint.commit()
                added += 1
        session.commit()
    return added, len(rows) - added
