# 480 COMMITs for one list
# breaks: commit

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    added = 0
    for email in rows:
        try:
            with Session.begin() as session:
                session.add(Guest(email=email))
            added += 1
        except IntegrityError:
            pass
    return added, len(rows) - added
