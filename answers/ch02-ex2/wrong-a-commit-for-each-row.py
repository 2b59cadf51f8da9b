# One list was committed in
# breaks: commit

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    if None in rows:
        raise ValueError("an address is missing")
    added = 0
    for email in rows:
        try:
            with Session.begin() as session:
                session.add(Guest(email=email))
            added += 1
        except IntegrityError:
            pass
    return added, len(rows) - added
