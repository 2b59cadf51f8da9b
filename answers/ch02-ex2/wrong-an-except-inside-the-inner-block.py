# There was a savepoint: the error has to leave its block
# breaks: kept, commit, meanwhile, gap, counts

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    skipped = 0
    with Session.begin() as session:
        for email in rows:
            with session.begin_nested():
                try:
                    session.add(Guest(email=email))
                except IntegrityError:
                    skipped += 1
    return len(rows) - skipped, skipped
