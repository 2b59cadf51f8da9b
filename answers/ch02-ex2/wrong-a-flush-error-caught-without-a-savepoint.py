# A flush had failed before, and its error was caught where no savepoint kept the rest.
# breaks: kept, commit, meanwhile, gap, counts

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    skipped = 0
    with Session.begin() as session:
        for email in rows:
            session.add(Guest(email=email))
            try:
                session.flush()
            except IntegrityError:
                skipped += 1
    return len(rows) - skipped, skipped
