# Is there a loop
# breaks: counts, kept, commit, meanwhile, gap, returned

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    while True:
        try:
            with Session.begin() as session:
                session.add_all(Guest(email=email) for email in rows)
                return len(rows), 0
        except IntegrityError:
            continue
